// <rift-security-key>: the browser's part of WebAuthn. The answer goes to the page in an event, never to a server.
import { flags, h, RiftElement, say } from './base.js';
import css from './security-key.css';
import { codeOf, isCreation, parse, toJSON, unwrap, type KeyErrorCode } from './webauthn.js';

function icon(): SVGElement {
  const space = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(space, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('part', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(space, 'path');
  path.setAttribute('d', 'M8.5 10a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9Zm3.2 1.3L20 3m-4.5 4.500 3 3');
  svg.append(path);
  return svg;
}

export class RiftSecurityKey extends RiftElement {
  static observedAttributes = ['busy', 'disabled', 'label', 'error', 'lang', 'strings'];

  static {
    flags(this, 'busy', 'disabled');
  }

  /** Waiting for the key, or, set by the page, for the page's back-end. */
  declare busy: boolean;
  declare disabled: boolean;

  #options: Record<string, any> | null = null;
  #error = '';
  #code: KeyErrorCode | '' = '';
  #running: AbortController | undefined;

  #text = h('span');
  #button = h(
    'button',
    { class: 'button', part: 'button', type: 'button', 'aria-describedby': 'error status' },
    icon(),
    this.#text,
  );
  #status = h('p', { class: 'status', part: 'status', role: 'status', id: 'status' });
  #problem = h('p', { class: 'problem', part: 'error', role: 'alert', id: 'error' });

  constructor() {
    super(css);
    this.root.append(this.#button, this.#status, this.#problem);
    this.#button.addEventListener('click', () => void this.start());
  }

  /** Whether this browser, on this page, can use security keys. */
  static get supported(): boolean {
    return typeof globalThis.PublicKeyCredential === 'function' && !!globalThis.navigator?.credentials;
  }

  /** The API's `public_key`, or its whole answer. Which of the two ceremonies it is for is read off it. */
  get options(): Record<string, any> | null {
    return this.#options;
  }

  set options(value: Record<string, any> | null) {
    this.#options = unwrap(value);
    this.redraw();
  }

  /** A message of the page's own, such as that its back-end refused. Emptied by the next click. */
  get error(): string {
    return this.#error;
  }

  set error(text: string | null) {
    this.#error = text ?? '';
    this.#code = '';
    this.redraw();
  }

  override attributeChangedCallback(name: string, old: string | null, value: string | null): void {
    if (name === 'error') {
      this.#error = value ?? '';
      this.#code = '';
    }
    super.attributeChangedCallback(name, old, value);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (!RiftSecurityKey.supported) this.#fail(globalThis.isSecureContext ? 'unsupported' : 'insecure');
  }

  disconnectedCallback(): void {
    this.abort();
  }

  /** What a click does. */
  async start(): Promise<void> {
    const options = this.#options;
    if (this.#running || this.busy || this.disabled || !options || !RiftSecurityKey.supported) return;
    const running = (this.#running = new AbortController());
    const { signal } = running;
    this.#error = this.#code = '';
    this.busy = true;
    const creating = isCreation(options);
    try {
      const publicKey = parse(options) as any;
      const credential = creating
        ? await navigator.credentials.create({ publicKey, signal })
        : await navigator.credentials.get({ publicKey, signal });
      // A browser that ignores the signal must not hand over a credential that nobody waits for any more.
      signal.throwIfAborted();
      if (!credential) throw new DOMException('', 'UnknownError');
      const detail = { credential: toJSON(credential), ceremony: creating ? 'create' : 'get' };
      this.#end();
      this.emit('rift-credential', detail);
    } catch (error) {
      this.#end();
      // Who removed the element does not wait for its news.
      if (this.isConnected) this.#fail(codeOf(error, creating), error);
    }
  }

  /** Ends a ceremony that is under way. */
  abort(): void {
    this.#running?.abort();
  }

  #end(): void {
    this.#running = undefined;
    this.busy = false;
  }

  #fail(code: KeyErrorCode, cause?: unknown): void {
    this.#code = code;
    this.redraw();
    this.emit('rift-error', { code, message: this.t(code), cause });
  }

  protected draw(): void {
    const usable = RiftSecurityKey.supported;
    const register = !!this.#options && isCreation(this.#options);
    say(this.#text, this.getAttribute('label') ?? this.t(register ? 'register' : 'use'));
    this.#button.disabled = this.disabled || !this.#options || !usable;
    // Not `disabled` while busy: the focus would be lost.
    this.#button.setAttribute('aria-disabled', String(this.busy));
    this.#button.setAttribute('aria-busy', String(this.busy));
    say(this.#status, this.#running ? this.t('waiting') : this.busy ? this.t('checking') : '');
    say(this.#problem, this.#error || (this.#code && this.t(this.#code)));
  }
}
