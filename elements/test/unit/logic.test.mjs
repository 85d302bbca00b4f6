import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { load } from '../support/source.mjs';

const { minutes, moment, secondsLeft } = await load('countdown.ts');
const { decode, encode } = await load('base64url.ts');
const { codeOf, fromJSON, isCreation, serialise, toJSON, unwrap } = await load('webauthn.ts');
const { languages, words } = await load('words.ts');

test('times: RFC 3339, Date, nothing, nonsense', () => {
  assert.equal(moment('2026-11-24T12:00:30.5Z'), Date.UTC(2026, 10, 24, 12, 0, 30, 500));
  assert.equal(moment(new Date(5)), 5);
  for (const none of [null, undefined, '', 'soon', new Date(Number.NaN)]) assert.equal(moment(none), undefined);
});

test('seconds are rounded up, and never below zero', () => {
  assert.equal(secondsLeft(30_000, 0), 30);
  assert.equal(secondsLeft(30_000, 29_999), 1);
  assert.equal(secondsLeft(30_000, 30_000), 0);
  assert.equal(secondsLeft(30_000, 99_000), 0);
  assert.equal(minutes(0), '0:00');
  assert.equal(minutes(75), '1:15');
  assert.equal(minutes(605), '10:05');
});

test('base64url of every length and byte, against Node', () => {
  for (let length = 0; length < 70; length++) {
    const bytes = Uint8Array.from({ length }, (_, at) => (at * 37 + length * 11) & 255);
    const text = Buffer.from(bytes).toString('base64url');
    assert.equal(encode(bytes), text);
    assert.equal(encode(bytes.buffer), text);
    assert.deepEqual(decode(text), bytes);
    assert.deepEqual(decode(Buffer.from(bytes).toString('base64')), bytes);
  }
  assert.equal(encode(new Uint8Array([1, 2, 3, 4]).subarray(1, 3)), 'AgM');
  assert.throws(() => decode('no base64!'));
});

test('creation and request options are told apart, also inside the whole answer', () => {
  assert.equal(isCreation({ challenge: 'AA', user: {}, rp: {} }), true);
  assert.equal(isCreation({ challenge: 'AA', rpId: 'localhost' }), false);
  assert.equal(isCreation({ challenge: 'AA' }), false);
  assert.deepEqual(unwrap({ object: 'mfa', public_key: { challenge: 'AA' } }), { challenge: 'AA' });
  assert.deepEqual(unwrap({ publicKey: { challenge: 'AA' } }), { challenge: 'AA' });
  assert.equal(unwrap(null), null);
});

test('options from JSON: every buffer is decoded, everything else is left', () => {
  const bytes = (...values) => Uint8Array.from(values);
  assert.deepEqual(
    fromJSON({
      rp: { id: 'localhost', name: 'Demo' },
      user: { id: 'AQ', name: 'jane', displayName: 'Jane' },
      challenge: 'AgM',
      pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
      excludeCredentials: [{ type: 'public-key', id: 'BA', transports: ['usb'] }],
      extensions: { credProps: true, largeBlob: { support: 'preferred' }, prf: { eval: { first: 'BQ' } } },
    }),
    {
      rp: { id: 'localhost', name: 'Demo' },
      user: { id: bytes(1), name: 'jane', displayName: 'Jane' },
      challenge: bytes(2, 3),
      pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
      excludeCredentials: [{ type: 'public-key', id: bytes(4), transports: ['usb'] }],
      extensions: { credProps: true, largeBlob: { support: 'preferred' }, prf: { eval: { first: bytes(5) } } },
    },
  );
  assert.deepEqual(
    fromJSON({
      challenge: 'AgM',
      rpId: 'localhost',
      allowCredentials: [{ type: 'public-key', id: 'BA' }],
      extensions: { largeBlob: { write: 'Bg' }, prf: { evalByCredential: { BA: { first: 'BQ', second: 'Bw' } } } },
    }),
    {
      challenge: bytes(2, 3),
      rpId: 'localhost',
      allowCredentials: [{ type: 'public-key', id: bytes(4) }],
      extensions: { largeBlob: { write: bytes(6) }, prf: { evalByCredential: { BA: { first: bytes(5), second: bytes(7) } } } },
    },
  );
});

test('our own JSON of an assertion: base64url, no null, nested buffers of extensions', () => {
  const buffer = (...values) => Uint8Array.from(values).buffer;
  const credential = {
    id: 'AQ',
    rawId: buffer(1),
    type: 'public-key',
    authenticatorAttachment: null,
    response: {
      clientDataJSON: buffer(2),
      authenticatorData: buffer(3),
      signature: buffer(255, 254),
      userHandle: null,
    },
    getClientExtensionResults: () => ({ prf: { results: { first: buffer(4) } }, appid: true }),
  };
  const json = {
    id: 'AQ',
    rawId: 'AQ',
    type: 'public-key',
    response: { clientDataJSON: 'Ag', authenticatorData: 'Aw', signature: '__4' },
    clientExtensionResults: { prf: { results: { first: 'BA' } }, appid: true },
  };
  assert.deepEqual(serialise(credential), json);
  const broken = Object.assign(() => {}, credential, {
    toJSON() {
      throw new TypeError('Illegal invocation');
    },
  });
  assert.deepEqual(toJSON(broken), json, 'a toJSON that throws is replaced');
});

test('every failure has a stable name', () => {
  const names = {
    NotAllowedError: 'not_allowed',
    NotSupportedError: 'not_supported',
    SecurityError: 'wrong_site',
    AbortError: 'aborted',
    ConstraintError: 'constraint',
    TimeoutError: 'timeout',
    OperationError: 'pending',
    EncodingError: 'bad_options',
    UnknownError: 'unknown',
    toString: 'unknown',
  };
  for (const [name, code] of Object.entries(names)) assert.equal(codeOf({ name }, true), code);
  assert.equal(codeOf(new TypeError('challenge'), false), 'bad_options');
  assert.equal(codeOf({ name: 'InvalidStateError' }, true), 'already_registered');
  assert.equal(codeOf({ name: 'InvalidStateError' }, false), 'unknown', 'a sign-in has no such answer');
  assert.equal(codeOf(undefined, false), 'unknown');
});

test('the eight languages have every text, with the same placeholders as English', () => {
  assert.deepEqual(languages, ['en', 'de', 'fr', 'es', 'pt', 'it', 'ja', 'hi']);
  const english = words('en');
  const places = (text) => [...text.matchAll(/\{\w\}/g)].map(String);
  for (const language of languages) {
    const own = words(language);
    assert.deepEqual(Object.keys(own), Object.keys(english));
    for (const [key, text] of Object.entries(own)) {
      assert.ok(text && !text.includes('|') && text === text.trim(), `${language} ${key}`);
      assert.deepEqual(places(text), places(english[key]), `${language} ${key}`);
      if (language !== 'en') assert.notEqual(text, english[key], `${language} ${key}`);
    }
  }
});

test('a language is found without case and region; another reads English', () => {
  assert.deepEqual(words('pt-BR'), words('pt'));
  assert.deepEqual(words('DE_at'), words('de'));
  for (const other of ['', 'ar', 'toString', 'constructor']) assert.deepEqual(words(other), words('en'));
});

test('the sources name no address and call nothing that sends', async () => {
  const built = await readFile(new URL('../../dist/rift-elements.js', import.meta.url), 'utf8');
  assert.doesNotMatch(built, /\b(fetch|XMLHttpRequest|sendBeacon|WebSocket|EventSource|importScripts)\b|\bimport\(/);
  assert.deepEqual(built.match(/https?:\/\/[^'"`\s]+/g), ['http://www.w3.org/2000/svg']);
  assert.doesNotMatch(built, /innerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function/);
});
