// <rift-code-input>: one field that looks like six boxes. One, because screen readers, autofill and the clipboard
// all know what to do with a field, and nothing with six.
import { flags, h, RiftElement, say } from './base.js';
import css from './code-input.css';
import { minutes, moment, secondsLeft } from './countdown.js';
import { clean, count, cut, find } from './digits.js';
import { sms } from './web-otp.js';

/** The answer of `POST /v1/mfa` for a sent code; other fields are ignored. */
export interface Challenge {
  created_at?: string;
  resend_after?: string;
}

export class RiftCodeInput extends RiftElement {
  static formAssociated = true;
  static observedAttributes = [
    'length',
    'backup',
    'label',
    'hint',
    'error',
    'disabled',
    'busy',
    'required',
    'resend-after',
    'webotp',
    'lang',
    'strings',
  ];

  static {
    flags(this, 'backup', 'disabled', 'busy', 'required');
  }

  /** One plain field for a backup code. */
  declare backup: boolean;
  declare disabled: boolean;
  /** Set by the page while its back-end checks the code: nothing can be typed. */
  declare busy: boolean;
  declare required: boolean;

  #internals = this.attachInternals();
  #value = '';
  #error = '';
  #off = false;
  #resendAt: number | undefined;
  #asked = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #otp: AbortController | undefined;
  #pasted = false;
  #boxes = -1;

  #label = h('label', { part: 'label', for: 'field', class: 'label' });
  #hint = h('p', { part: 'hint', id: 'hint', class: 'hint' });
  #input = h('input', {
    part: 'input',
    id: 'field',
    type: 'text',
    dir: 'ltr',
    spellcheck: 'false',
    autocorrect: 'off',
    'aria-describedby': 'hint error status',
  });
  #row = h('div', { part: 'boxes', class: 'boxes' });
  #clip = h('div', { class: 'clip' }, this.#input);
  #problem = h('p', { part: 'error', id: 'error', class: 'problem', role: 'alert' });
  #status = h('p', { part: 'status', id: 'status', class: 'status', role: 'status' });
  #resend = h('button', { part: 'button resend', type: 'button', class: 'button quiet' });

  constructor() {
    super(css);
    this.root.append(
      this.#label,
      this.#hint,
      h('div', { class: 'room' }, this.#row),
      this.#problem,
      this.#status,
      this.#resend,
    );
    const input = this.#input;
    input.addEventListener('beforeinput', (event) => this.#before(event));
    input.addEventListener('input', (event) => {
      // Some phones' keyboards compose plain digits too, and end the composition only when the field is left.
      if (!(event as InputEvent).isComposing || clean(input.value, this.backup) === input.value) this.#typed();
    });
    input.addEventListener('compositionend', () => this.#typed());
    input.addEventListener('paste', (event) => this.#paste(event));
    input.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && !event.isComposing) this.#enter(event);
    });
    input.addEventListener('change', () => this.dispatchEvent(new Event('change', { bubbles: true })));
    input.addEventListener('focus', () => {
      document.addEventListener('selectionchange', this.#mark);
      this.#mark();
    });
    input.addEventListener('blur', () => {
      document.removeEventListener('selectionchange', this.#mark);
      this.#mark();
    });
    this.#resend.addEventListener('click', () => {
      if (this.#resend.getAttribute('aria-disabled') === 'true') return;
      this.#asked = true;
      this.redraw();
      this.emit('rift-resend');
    });
  }

  /** The characters that count: 6 to 10 digits, or 14 to 25 characters of a backup code without its dashes. */
  get length(): number {
    const [least, most] = this.backup ? [14, 25] : [6, 10];
    const given = Number.parseInt(this.getAttribute('length') ?? '', 10);
    return Math.min(most, Math.max(least, Number.isNaN(given) ? least : given));
  }

  set length(value: number) {
    this.setAttribute('length', String(value));
  }

  get value(): string {
    return this.#value;
  }

  /** Cleans what it is given, and sends no event. */
  set value(text: string) {
    this.#input.value = cut(clean(text, this.backup), this.length);
    this.#take();
  }

  get error(): string {
    return this.#error;
  }

  /** A message under the field, which also makes it invalid, until the user types again. */
  set error(text: string | null) {
    this.#error = text ?? '';
    this.redraw();
  }

  get name(): string {
    return this.getAttribute('name') ?? '';
  }

  set name(text: string) {
    this.setAttribute('name', text);
  }

  get resendAfter(): Date | null {
    return this.#resendAt === undefined ? null : new Date(this.#resendAt);
  }

  /** From when a new code may be asked for; without it there is no button. */
  set resendAfter(value: Date | string | null) {
    this.#resendAt = moment(value);
    this.#asked = false;
    void this.#listen();
    this.redraw();
  }

  /** The start's answer: its wait is counted from now, so that a wrong clock on the user's device does no harm. */
  set challenge(value: Challenge | null) {
    const after = moment(value?.resend_after);
    const created = moment(value?.created_at);
    this.resendAfter =
      after === undefined ? null : new Date(created === undefined ? after : Date.now() + Math.max(0, after - created));
  }

  get form(): HTMLFormElement | null {
    return this.#internals.form;
  }

  get validity(): ValidityState {
    return this.#internals.validity;
  }

  get validationMessage(): string {
    return this.#internals.validationMessage;
  }

  get willValidate(): boolean {
    return this.#internals.willValidate;
  }

  checkValidity(): boolean {
    return this.#internals.checkValidity();
  }

  reportValidity(): boolean {
    return this.#internals.reportValidity();
  }

  /** Empties the field and its message, for another try. */
  clear(): void {
    this.#error = '';
    this.value = '';
    void this.#listen();
  }

  override focus(options?: FocusOptions): void {
    this.#input.focus(options);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#listen();
  }

  disconnectedCallback(): void {
    clearTimeout(this.#timer);
    this.#otp?.abort();
    this.#otp = undefined;
    document.removeEventListener('selectionchange', this.#mark);
  }

  formResetCallback(): void {
    this.clear();
  }

  formDisabledCallback(off: boolean): void {
    this.#off = off;
    this.redraw();
  }

  override attributeChangedCallback(name: string, old: string | null, value: string | null): void {
    if (name === 'error') this.#error = value ?? '';
    if (name === 'resend-after') this.resendAfter = value;
    if (name === 'length' || name === 'backup') this.value = this.#value;
    super.attributeChangedCallback(name, old, value);
  }

  // ---- what the user does

  #before(event: InputEvent): void {
    const { data, inputType } = event;
    const input = this.#input;
    if (inputType !== 'insertText' || !data) return;
    const text = clean(data, this.backup);
    const from = input.selectionStart ?? 0;
    const whole = count(input.value) >= this.length && from === input.selectionEnd;
    // Letters do nothing, nor does a digit after the last one; before it, a digit takes the next one's place.
    if (!text || (whole && from >= input.value.length)) event.preventDefault();
    else if (whole && !this.backup) input.setSelectionRange(from, from + 1);
  }

  /** After any change by the user: keyboard, IME, autofill, drop. */
  #typed(): void {
    const input = this.#input;
    const raw = input.value;
    let text = clean(raw, this.backup);
    let caret = clean(raw.slice(0, input.selectionStart ?? raw.length), this.backup).length;
    if (count(text) > this.length) {
      text = find(raw, this.length, this.backup) ?? cut(text, this.length);
      caret = text.length;
    }
    if (text !== raw) {
      input.value = text;
      input.setSelectionRange(caret, caret);
    }
    this.#changed(this.#pasted);
  }

  #paste(event: ClipboardEvent): void {
    event.preventDefault();
    const input = this.#input;
    if (input.readOnly || input.disabled) return;
    const text = find(event.clipboardData?.getData('text') ?? '', this.length, this.backup);
    if (!text) {
      this.error = this.t('noCode');
      return;
    }
    const from = input.selectionStart ?? 0;
    const kept = count(input.value) - count(input.value.slice(from, input.selectionEnd ?? from));
    if (kept + count(text) > this.length) input.select();
    this.#pasted = true;
    // The one way to insert that keeps undo; it also fires `input`.
    if (!document.execCommand('insertText', false, text)) {
      input.setRangeText(text, input.selectionStart ?? 0, input.selectionEnd ?? 0, 'end');
      this.#typed();
    }
    this.#pasted = false;
  }

  #enter(event: Event): void {
    event.preventDefault();
    if (this.busy) return;
    if (this.form) this.form.requestSubmit();
    else if (this.#full) this.emit('rift-complete', { code: this.#value });
  }

  get #full(): boolean {
    return count(this.#value) === this.length;
  }

  /** Takes the field's text over, and tells the page. A paste of the same code again is a try again. */
  #changed(again = false): void {
    const before = this.#value;
    this.#error = '';
    this.#take();
    if (before === this.#value && !again) return;
    this.emit('rift-input', { value: this.#value });
    if (this.#full) this.emit('rift-complete', { code: this.#value });
  }

  #take(): void {
    this.#value = this.#input.value.toUpperCase();
    this.#internals.setFormValue(this.#value);
    this.redraw();
    this.#mark();
  }

  // ---- the code that comes by SMS

  async #listen(): Promise<void> {
    if (this.#otp || this.backup || !this.isConnected || this.getAttribute('webotp') === 'off') return;
    const otp = (this.#otp = new AbortController());
    const text = find((await sms(otp.signal)) ?? '', this.length);
    if (this.#otp === otp) this.#otp = undefined;
    if (!text || this.busy || this.#input.disabled) return;
    this.#input.value = text;
    this.#changed(true);
  }

  // ---- what the user sees

  protected draw(): void {
    const input = this.#input;
    const { backup, length } = this;
    const disabled = this.#off || this.disabled;
    if (this.#boxes !== (backup ? 0 : length)) {
      this.#boxes = backup ? 0 : length;
      this.#row.replaceChildren(
        ...Array.from({ length: this.#boxes }, () => h('span', { part: 'box', 'aria-hidden': 'true' })),
        this.#clip,
      );
      // Through the object model, which a strict CSP allows; an attribute in the source would not be.
      this.#row.style.setProperty('--n', String(length));
      const set = (name: string, value: string) => input.setAttribute(name, value);
      set('inputmode', backup ? 'text' : 'numeric');
      set('autocomplete', backup ? 'off' : 'one-time-code');
      set('autocapitalize', backup ? 'characters' : 'off');
    }
    // The name that a <label> of the page gives wins over our own.
    const outer = [...this.#internals.labels].map((label) => label.textContent?.trim()).join(' ');
    const label = this.getAttribute('label') ?? this.t(backup ? 'backup' : 'code', { n: length });
    say(this.#label, label);
    this.#label.hidden = !!outer;
    if (outer) input.setAttribute('aria-label', outer);
    else input.removeAttribute('aria-label');
    say(this.#hint, this.getAttribute('hint') ?? '');
    say(this.#problem, this.#error);
    say(this.#status, this.busy ? this.t('checking') : '');
    input.disabled = disabled;
    input.readOnly = this.busy;
    input.setAttribute('aria-invalid', String(!!this.#error));
    input.setAttribute('aria-busy', String(this.busy));
    input.setAttribute('aria-required', String(this.required));
    this.#judge(length);
    this.#count(disabled);
    this.#mark();
  }

  #judge(length: number): void {
    const full = this.#full;
    if (this.#error) this.#internals.setValidity({ customError: true }, this.#error, this.#input);
    else if (!this.#value && this.required) {
      this.#internals.setValidity({ valueMissing: true }, this.t('tooShort', { n: length }), this.#input);
    } else if (this.#value && !full) {
      this.#internals.setValidity({ tooShort: true }, this.t('tooShort', { n: length }), this.#input);
    } else this.#internals.setValidity({});
  }

  #count(disabled: boolean): void {
    clearTimeout(this.#timer);
    const until = this.#resendAt;
    this.#resend.hidden = until === undefined;
    if (until === undefined) return;
    const left = secondsLeft(until, Date.now());
    say(this.#resend, left ? this.t('resendIn', { t: minutes(left) }) : this.t('resend'));
    // Not `disabled`: whoever has just pressed it would lose the focus.
    this.#resend.setAttribute('aria-disabled', String(!!left || this.#asked || this.busy || disabled));
    if (left && this.isConnected) {
      const wait = (until - Date.now()) % 1000 || 1000;
      this.#timer = setTimeout(() => this.redraw(), wait);
    }
  }

  /** Shows which box the next digit goes to. */
  #mark = (): void => {
    const input = this.#input;
    const here = this.root.activeElement === input && !input.readOnly;
    const from = input.selectionStart ?? 0;
    const to = Math.max(from + 1, input.selectionEnd ?? 0);
    const last = this.#boxes - 1;
    this.#row.querySelectorAll('span').forEach((box, at) => {
      const active = here && ((at >= from && at < to) || (at === last && from > last));
      const part = `box${at < this.#value.length ? ' box-filled' : ''}${active ? ' box-active' : ''}`;
      if (box.getAttribute('part') !== part) box.setAttribute('part', part);
    });
  };
}
