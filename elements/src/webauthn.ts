// WebAuthn Level 3's JSON forms for browsers that lack them, and the names of what can go wrong. No DOM elements here.
import { decode, encode } from './base64url.js';

type Json = Record<string, any>;

export type KeyErrorCode =
  | 'not_allowed'
  | 'already_registered'
  | 'not_supported'
  | 'wrong_site'
  | 'aborted'
  | 'constraint'
  | 'timeout'
  | 'pending'
  | 'bad_options'
  | 'unsupported'
  | 'insecure'
  | 'unknown';

/** The options themselves, out of the API's whole answer or of `{publicKey}` where one of these was given. */
export function unwrap(options: Json | null | undefined): Json | null {
  return options ? (options['public_key'] ?? options['publicKey'] ?? options) : null;
}

/** Creation options name the user and the algorithms; request options have neither. */
export function isCreation(options: Json): boolean {
  return 'user' in options || 'pubKeyCredParams' in options;
}

const ids = (list: Json[] | undefined) => list?.map((one) => ({ ...one, id: decode(one['id']) }));

function inputs(extensions: Json | undefined): Json | undefined {
  if (!extensions) return extensions;
  const out: Json = { ...extensions };
  const salts = (values: Json): Json =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, decode(value)]));
  if (out['largeBlob']?.write) out['largeBlob'] = { ...out['largeBlob'], write: decode(out['largeBlob'].write) };
  if (out['prf']) {
    const { eval: one, evalByCredential: many } = out['prf'];
    out['prf'] = {
      ...(one && { eval: salts(one) }),
      ...(many && {
        evalByCredential: Object.fromEntries(Object.entries<Json>(many).map(([id, values]) => [id, salts(values)])),
      }),
    };
  }
  return out;
}

/** What `parseCreationOptionsFromJSON` and `parseRequestOptionsFromJSON` do. */
export function fromJSON(options: Json): Json {
  const out: Json = { ...options, challenge: decode(options['challenge']) };
  if (isCreation(options)) {
    out['user'] = { ...options['user'], id: decode(options['user'].id) };
    if (options['excludeCredentials']) out['excludeCredentials'] = ids(options['excludeCredentials']);
  } else if (options['allowCredentials']) out['allowCredentials'] = ids(options['allowCredentials']);
  if (options['extensions']) out['extensions'] = inputs(options['extensions']);
  return out;
}

/** The browser's own parser where it has one. */
export function parse(options: Json): Json {
  const name = isCreation(options) ? 'parseCreationOptionsFromJSON' : 'parseRequestOptionsFromJSON';
  const own = (PublicKeyCredential as any)[name];
  return own ? own.call(PublicKeyCredential, options) : fromJSON(options);
}

/** Every buffer in a value as base64url. */
function outputs(value: any): any {
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return encode(value);
  if (Array.isArray(value)) return value.map(outputs);
  if (value && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, outputs(inner)]));
  }
  return value;
}

/** RegistrationResponseJSON or AuthenticationResponseJSON, as `toJSON()` gives it. */
export function serialise(credential: any): Json {
  const { response } = credential;
  const inner: Json = { clientDataJSON: encode(response.clientDataJSON) };
  const put = (name: string, value: any) => {
    if (value != null) inner[name] = value instanceof ArrayBuffer ? encode(value) : value;
  };
  if (response.attestationObject) {
    put('attestationObject', response.attestationObject);
    put('authenticatorData', response.getAuthenticatorData?.());
    put('publicKey', response.getPublicKey?.());
    put('publicKeyAlgorithm', response.getPublicKeyAlgorithm?.());
    put('transports', response.getTransports?.() ?? []);
  } else {
    put('authenticatorData', response.authenticatorData);
    put('signature', response.signature);
    put('userHandle', response.userHandle);
  }
  const out: Json = {
    id: credential.id,
    rawId: encode(credential.rawId),
    type: credential.type,
    response: inner,
    clientExtensionResults: outputs(credential.getClientExtensionResults()),
  };
  if (credential.authenticatorAttachment != null) {
    out['authenticatorAttachment'] = credential.authenticatorAttachment;
  }
  return out;
}

/** `toJSON()`; our own where it is missing, or throws, as some password managers' stand-ins do. */
export function toJSON(credential: any): Json {
  try {
    const json = credential.toJSON();
    if (json?.response) return json;
  } catch {
    // fall through to our own
  }
  return serialise(credential);
}

const CODES: Record<string, KeyErrorCode> = {
  NotAllowedError: 'not_allowed',
  NotSupportedError: 'not_supported',
  SecurityError: 'wrong_site',
  AbortError: 'aborted',
  ConstraintError: 'constraint',
  TimeoutError: 'timeout',
  OperationError: 'pending',
  TypeError: 'bad_options',
  SyntaxError: 'bad_options',
  EncodingError: 'bad_options',
  DataError: 'bad_options',
  InvalidCharacterError: 'bad_options',
};

/** The stable name of a failure. Only a registration may answer that the key is known already. */
export function codeOf(error: unknown, creating: boolean): KeyErrorCode {
  const name = (error as Error | undefined)?.name ?? '';
  if (name === 'InvalidStateError' && creating) return 'already_registered';
  return Object.hasOwn(CODES, name) ? CODES[name]! : 'unknown';
}
