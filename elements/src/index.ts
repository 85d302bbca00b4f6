// The one entry: defines the three elements where there is a DOM, and does nothing where there is none.
import { RiftCodeInput, type Challenge } from './code-input.js';
import { RiftQr, type Enrolment } from './qr.js';
import { RiftSecurityKey } from './security-key.js';
import type { KeyErrorCode } from './webauthn.js';
import type { StringKey, Strings } from './words.js';

const all = { 'rift-qr': RiftQr, 'rift-code-input': RiftCodeInput, 'rift-security-key': RiftSecurityKey };

if (globalThis.customElements) {
  for (const [name, element] of Object.entries(all)) {
    // A page that loads the module twice, from two addresses, keeps the first.
    if (!customElements.get(name)) customElements.define(name, element);
  }
}

export { RiftCodeInput, RiftQr, RiftSecurityKey };
export type { Challenge, Enrolment, KeyErrorCode, StringKey, Strings };

declare global {
  interface HTMLElementTagNameMap {
    'rift-qr': RiftQr;
    'rift-code-input': RiftCodeInput;
    'rift-security-key': RiftSecurityKey;
  }
  interface HTMLElementEventMap {
    'rift-ready': CustomEvent<undefined>;
    'rift-input': CustomEvent<{ value: string }>;
    'rift-complete': CustomEvent<{ code: string }>;
    'rift-resend': CustomEvent<undefined>;
    'rift-credential': CustomEvent<{ credential: Record<string, unknown>; ceremony: 'create' | 'get' }>;
    'rift-error': CustomEvent<{ code: KeyErrorCode | 'bad_image'; message: string; cause?: unknown }>;
  }
}
