import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { heard, open } from '../support/browser.mjs';

const KEY = '<rift-security-key></rift-security-key>';
const creation = {
  rp: { id: 'localhost', name: 'Demo' },
  user: { id: 'dXNlci00Mg', name: 'jane@test.rift.dev', displayName: 'Jane' },
  challenge: 'AAECAwQFBgcICQoLDA0ODw',
  pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
  excludeCredentials: [],
  authenticatorSelection: { userVerification: 'discouraged' },
  attestation: 'none',
  timeout: 60_000,
};
const request = { challenge: 'EBESExQVFhcYGRobHB0eHw', rpId: 'localhost', userVerification: 'discouraged', timeout: 60_000 };

let browser;
before(async () => (browser = await open()));
after(() => browser.close());

const key = (page) => page.locator('rift-security-key');
const set = (page, options) => key(page).evaluate((one, value) => (one.options = value), options);
const attribute = (page, name) => page.getByRole('button').getAttribute(name);

async function authenticator(page, more = {}) {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: { protocol: 'ctap2', transport: 'usb', hasResidentKey: false, isUserVerified: true, automaticPresenceSimulation: true, ...more },
  });
  return { cdp, authenticatorId };
}

async function click(page, type = 'rift-credential') {
  await page.evaluate(() => (window.heard.length = 0));
  await page.getByRole('button').click();
  return page.evaluate((one) => window.until(one), type);
}

const client = (credential) => JSON.parse(Buffer.from(credential.response.clientDataJSON, 'base64url').toString());

/** What older browsers lack. */
const without = () => {
  delete PublicKeyCredential.parseCreationOptionsFromJSON;
  delete PublicKeyCredential.parseRequestOptionsFromJSON;
  window.native = PublicKeyCredential.prototype.toJSON;
  delete PublicKeyCredential.prototype.toJSON;
};

describe('with a virtual authenticator', () => {
  for (const [name, setup] of [['the browser’s own conversions', undefined], ['ours', without]]) {
    test(`registers, then signs in, with ${name}`, async () => {
      const page = await browser.page(KEY, { before: setup });
      await authenticator(page);
      await set(page, { object: 'mfa', public_key: creation });
      assert.equal(await page.getByRole('button').textContent(), 'Set up security key');
      const made = await click(page);
      assert.equal(made.type, 'rift-credential');
      const registered = (await heard(page, 'rift-credential'))[0].credential;
      assert.deepEqual(client(registered), { ...client(registered), type: 'webauthn.create', challenge: creation.challenge });
      assert.deepEqual(Object.keys(registered).sort(), ['authenticatorAttachment', 'clientExtensionResults', 'id', 'rawId', 'response', 'type']);
      assert.deepEqual(Object.keys(registered.response).sort(), [
        'attestationObject', 'authenticatorData', 'clientDataJSON', 'publicKey', 'publicKeyAlgorithm', 'transports',
      ]);
      assert.equal(registered.id, registered.rawId);
      assert.equal(registered.response.publicKeyAlgorithm, -7);
      assert.deepEqual(registered.response.transports, ['usb']);

      await set(page, { ...request, allowCredentials: [{ type: 'public-key', id: registered.id }] });
      assert.equal(await page.getByRole('button').textContent(), 'Use security key');
      await click(page);
      const signed = (await heard(page, 'rift-credential'))[0].credential;
      assert.equal(signed.id, registered.id);
      assert.equal(client(signed).type, 'webauthn.get');
      assert.equal(client(signed).challenge, request.challenge);
      assert.ok(['authenticatorData', 'clientDataJSON', 'signature'].every((one) => signed.response[one]));
      assert.equal(await key(page).evaluate((one) => one.busy), false);
    });
  }

  test('our JSON is the browser’s, member by member, for both ceremonies', async () => {
    // The same credential goes through both: the page keeps the browser's toJSON, and takes it from the prototype.
    const page = await browser.page(KEY, {
      before: () => {
        window.native = PublicKeyCredential.prototype.toJSON;
        delete PublicKeyCredential.prototype.toJSON;
        for (const name of ['create', 'get']) {
          const real = navigator.credentials[name].bind(navigator.credentials);
          navigator.credentials[name] = async (options) => {
            const credential = await real(options);
            window.expected = window.native.call(credential);
            return credential;
          };
        }
      },
    });
    await authenticator(page, { hasResidentKey: true, hasPrf: true, hasLargeBlob: true, ctap2Version: 'ctap2_1', hasUserVerification: true });
    const extensions = { credProps: true, prf: { eval: { first: 'AAAA' } } };
    await set(page, { ...creation, authenticatorSelection: { residentKey: 'required', userVerification: 'required' }, extensions });
    await click(page);
    const registered = (await heard(page, 'rift-credential'))[0].credential;
    assert.deepEqual(registered, await page.evaluate(() => window.expected));
    assert.equal(registered.clientExtensionResults.credProps.rk, true);
    await set(page, { ...request, userVerification: 'required', extensions: { prf: { eval: { first: 'AAAA' } } } });
    await click(page);
    const signed = (await heard(page, 'rift-credential'))[0].credential;
    assert.deepEqual(signed, await page.evaluate(() => window.expected));
    assert.equal(signed.response.userHandle, creation.user.id);
    assert.match(signed.clientExtensionResults.prf.results.first, /^[\w-]{43}$/);
  });

  test('a key that is set up already', async () => {
    const page = await browser.page(KEY);
    await authenticator(page);
    await set(page, creation);
    await click(page);
    const { credential } = (await heard(page, 'rift-credential'))[0];
    await set(page, { ...creation, excludeCredentials: [{ type: 'public-key', id: credential.id }] });
    const failed = await click(page, 'rift-error');
    assert.deepEqual(failed, { type: 'rift-error', code: 'already_registered', message: 'This key is already set up. Use another one.' });
    await page.getByRole('alert').filter({ hasText: 'already set up' }).waitFor();
  });

  test('options for another site, and options that are none', async () => {
    const page = await browser.page(KEY);
    await authenticator(page);
    await set(page, { ...request, rpId: 'example.com' });
    assert.equal((await click(page, 'rift-error')).code, 'wrong_site');
    for (const setup of [undefined, without]) {
      const bad = await browser.page(KEY, { before: setup });
      await set(bad, { ...request, challenge: 'no base64!' });
      assert.equal((await click(bad, 'rift-error')).code, 'bad_options');
    }
  });

  test('while it waits it is busy, a second click does nothing, and abort() ends it', async () => {
    const page = await browser.page(KEY);
    const { cdp, authenticatorId } = await authenticator(page, { automaticPresenceSimulation: false });
    await set(page, creation);
    await page.getByRole('button').click();
    assert.equal(await key(page).evaluate((one) => one.busy), true);
    assert.equal(await attribute(page, 'aria-disabled'), 'true');
    assert.equal(await attribute(page, 'disabled'), null, 'the focus stays on it');
    assert.equal(await page.getByRole('status').textContent(), 'Follow the steps in your browser');
    await page.getByRole('button').click({ force: true });
    await key(page).evaluate((one) => one.abort());
    assert.equal((await page.evaluate(() => window.until('rift-error'))).code, 'aborted');
    assert.equal((await heard(page, 'rift-error')).length, 1);
    assert.equal(await key(page).evaluate((one) => one.busy), false);
    await cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled: true });
    assert.equal((await click(page)).type, 'rift-credential', 'and can be started again');
  });
});

describe('with a stand-in for the browser', () => {
  const fail = () => {
    navigator.credentials.create = navigator.credentials.get = () => Promise.reject(window.failure);
  };
  const cases = {
    NotAllowedError: ['not_allowed', 'Cancelled, or time ran out. Try again.'],
    NotSupportedError: ['not_supported', 'This key cannot do what is needed here. Use another one.'],
    SecurityError: ['wrong_site', 'Security keys do not work on this address.'],
    AbortError: ['aborted', 'Cancelled, or time ran out. Try again.'],
    ConstraintError: ['constraint', 'This key cannot do what is needed here. Use another one.'],
    UnknownError: ['unknown', 'That did not work. Reload the page and try again.'],
    TimeoutError: ['timeout', 'Cancelled, or time ran out. Try again.'],
    OperationError: ['pending', 'That did not work. Reload the page and try again.'],
    EncodingError: ['bad_options', 'That did not work. Reload the page and try again.'],
    InvalidStateError: ['already_registered', 'This key is already set up. Use another one.'],
    NotReadableError: ['unknown', 'That did not work. Reload the page and try again.'],
  };

  test('every DOMException has a code and words, shown and announced', async () => {
    const page = await browser.page(KEY, { before: fail });
    await set(page, creation);
    for (const [name, [code, message]] of Object.entries(cases)) {
      await page.evaluate((one) => (window.failure = new DOMException('internal words', one)), name);
      assert.deepEqual(await click(page, 'rift-error'), { type: 'rift-error', code, message }, name);
      assert.equal(await page.getByRole('alert').textContent(), message);
    }
  });

  test('the cause is in the event; the next click empties the message', async () => {
    const page = await browser.page(KEY, {
      before: () => {
        navigator.credentials.create = () => new Promise((_, reject) => (window.refuse = reject));
      },
    });
    await set(page, creation);
    await key(page).evaluate((one) => (one.error = 'The server said no.'));
    assert.equal(await page.getByRole('alert').textContent(), 'The server said no.');
    await page.getByRole('button').click();
    assert.equal(await page.getByRole('alert').textContent(), '');
    const cause = await page.evaluate(() => {
      const told = new Promise((done) => addEventListener('rift-error', (event) => done(event.detail.cause.message)));
      window.refuse(new DOMException('why', 'NotAllowedError'));
      return told;
    });
    assert.equal(cause, 'why');
  });

  test('it ends with the element, without an event', async () => {
    const page = await browser.page(KEY, {
      before: () => {
        navigator.credentials.create = ({ signal }) =>
          new Promise((_, reject) => signal.addEventListener('abort', () => (window.aborted = true) && reject(signal.reason)));
      },
    });
    await set(page, creation);
    await page.getByRole('button').click();
    const seen = await page.evaluate(async () => {
      const one = document.querySelector('rift-security-key');
      let events = 0;
      one.addEventListener('rift-error', () => events++);
      one.remove();
      await new Promise((done) => setTimeout(done)); // a turn of the loop, for the rejection to arrive
      return { aborted: window.aborted, events, busy: one.busy };
    });
    assert.deepEqual(seen, { aborted: true, events: 0, busy: false });
  });

  test('a credential that comes after abort() is not handed over', async () => {
    const page = await browser.page(KEY, {
      before: () => {
        navigator.credentials.create = () => new Promise((done) => (window.late = done));
      },
    });
    await set(page, creation);
    await page.getByRole('button').click();
    await page.evaluate(() => {
      document.querySelector('rift-security-key').abort();
      window.late({ toJSON: () => ({ response: {} }) });
    });
    assert.equal((await page.evaluate(() => window.until('rift-error'))).code, 'aborted');
    assert.deepEqual(await heard(page, 'rift-credential'), []);
  });

  test('a toJSON that throws, as some password managers have it, is replaced', async () => {
    const page = await browser.page(KEY, {
      before: () => {
        PublicKeyCredential.prototype.toJSON = () => {
          throw new TypeError('Illegal invocation');
        };
      },
    });
    await authenticator(page);
    await set(page, creation);
    await click(page);
    assert.ok((await heard(page, 'rift-credential'))[0].credential.response.attestationObject);
  });

  test('a browser without WebAuthn says so, and so does a page without TLS', async () => {
    for (const [secure, code] of [[true, 'unsupported'], [false, 'insecure']]) {
      const page = await browser.page(KEY, {
        before: `delete window.PublicKeyCredential; Object.defineProperty(window, 'isSecureContext', { value: ${secure} })`,
      });
      assert.equal((await page.evaluate(() => window.until('rift-error'))).code, code);
      assert.equal(await page.getByRole('button').isDisabled(), true);
      assert.notEqual(await page.getByRole('alert').textContent(), '');
      assert.equal(await page.evaluate(() => customElements.get('rift-security-key').supported), false);
    }
  });

  test('without options, or disabled, there is nothing to click', async () => {
    const page = await browser.page(KEY);
    assert.equal(await page.getByRole('button').isDisabled(), true);
    await set(page, creation);
    assert.equal(await page.getByRole('button').isDisabled(), false);
    await key(page).evaluate((one) => (one.disabled = true));
    assert.equal(await page.getByRole('button').isDisabled(), true);
  });
});
