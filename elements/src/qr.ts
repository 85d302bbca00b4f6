// <rift-qr>: what a user needs to enrol an authenticator app. The secret never goes into an attribute of ours.
import { decode } from './base64url.js';
import { h, RiftElement, say } from './base.js';
import css from './qr.css';

/** The answer of `POST /v1/mfa` with `Type=APP` while its status is `enrolling`; other fields are ignored. */
export interface Enrolment {
  qr_code?: string;
  secret?: string;
  otpauth_uri?: string;
}

export class RiftQr extends RiftElement {
  static observedAttributes = ['qr-code', 'secret', 'otpauth-uri', 'lang', 'strings'];

  #data: Record<string, string> = { 'qr-code': '', secret: '', 'otpauth-uri': '' };
  #shown = '';

  // A canvas, not an image: it needs no `img-src data:` in the page's policy and leaves no secret in an attribute.
  #canvas = h('canvas', { part: 'image', role: 'img' });
  #tile = h('div', { class: 'tile', part: 'tile' }, this.#canvas);
  #problem = h('p', { class: 'problem', part: 'error', role: 'alert' });
  #open = h('a', { class: 'button', part: 'button open' });
  #label = h('p', { class: 'hint', part: 'label', id: 'label' });
  #code = h('code', { class: 'secret', part: 'secret', translate: 'no', dir: 'ltr' });
  #copy = h('button', { class: 'button quiet', part: 'button copy', type: 'button', 'aria-describedby': 'label' });
  #status = h('p', { class: 'status', part: 'status', role: 'status' });
  #typed = h('div', { class: 'typed' }, this.#label, this.#code, this.#copy);

  constructor() {
    super(css, false); // a click on the key selects it, and must not go to the button
    this.root.append(this.#tile, this.#problem, this.#open, this.#typed, this.#status);
    this.#copy.addEventListener('click', () => void this.#toClipboard());
  }

  /** The start's whole answer. Setting it replaces the three single values. */
  set enrolment(value: Enrolment | null) {
    this.#data = { 'qr-code': value?.qr_code ?? '', secret: value?.secret ?? '', 'otpauth-uri': value?.otpauth_uri ?? '' };
    this.redraw();
  }

  get qrCode(): string {
    return this.#data['qr-code']!;
  }

  set qrCode(value: string | null) {
    this.#set('qr-code', value);
  }

  get secret(): string {
    return this.#data['secret']!;
  }

  set secret(value: string | null) {
    this.#set('secret', value);
  }

  get otpauthUri(): string {
    return this.#data['otpauth-uri']!;
  }

  set otpauthUri(value: string | null) {
    this.#set('otpauth-uri', value);
  }

  override attributeChangedCallback(name: string, old: string | null, value: string | null): void {
    if (name in this.#data) this.#set(name, value);
    super.attributeChangedCallback(name, old, value);
  }

  #set(name: string, value: string | null): void {
    this.#data[name] = value ?? '';
    this.redraw();
  }

  protected draw(): void {
    const png = this.qrCode;
    const secret = this.secret.replace(/\s/g, '');
    // Any other scheme in that place would be a way to run a script.
    const uri = /^otpauth:\/\//i.test(this.otpauthUri) ? this.otpauthUri : '';
    this.#canvas.setAttribute('aria-label', this.t('alt'));
    say(this.#label, this.t('key'));
    say(this.#copy, this.t('copy'));
    say(this.#open, this.t('open'));
    this.#typed.hidden = !secret;
    this.#open.hidden = !uri;
    if (uri) this.#open.href = uri;
    else this.#open.removeAttribute('href');
    if (this.#code.textContent !== secret) {
      // Groups without spaces between them: a copy by hand has none either.
      this.#code.replaceChildren(
        ...(secret.match(/.{1,4}/g) ?? []).flatMap((four) => [h('span', {}, four), h('wbr')]),
      );
      say(this.#status, '');
    }
    if (this.#shown !== png) {
      this.#shown = png;
      void this.#paint(png);
    }
    if (this.#problem.textContent) say(this.#problem, this.t('bad_image'));
    this.#tile.hidden = !png || !!this.#problem.textContent;
  }

  async #paint(png: string): Promise<void> {
    let bad = '';
    if (png) {
      try {
        const bitmap = await createImageBitmap(new Blob([decode(png)], { type: 'image/png' }));
        if (png !== this.qrCode) return; // a newer one came meanwhile
        this.#canvas.width = bitmap.width;
        this.#canvas.height = bitmap.height;
        this.#canvas.getContext('2d')!.drawImage(bitmap, 0, 0);
        bitmap.close();
      } catch {
        if (png !== this.qrCode) return;
        bad = this.t('bad_image');
      }
    }
    say(this.#problem, bad);
    this.#tile.hidden = !png || !!bad;
    if (png) this.emit(bad ? 'rift-error' : 'rift-ready', bad ? { code: 'bad_image', message: bad } : undefined);
  }

  async #toClipboard(): Promise<void> {
    const secret = this.#code.textContent ?? '';
    let done = true;
    try {
      await navigator.clipboard.writeText(secret);
    } catch {
      // No clipboard on plain http, or no permission: the old way, by selection.
      getSelection()?.selectAllChildren(this.#code);
      done = document.execCommand('copy');
    }
    // Emptied first, so that a second copy is said again.
    say(this.#status, '');
    requestAnimationFrame(() => say(this.#status, this.t(done ? 'copied' : 'copy_failed')));
  }
}
