// The code field among what stands around it: the page, a form, languages, the countdown, an SMS.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { heard } from '../support/browser.mjs';
import { FIELD, alert, browser, codes, focused, input, paste, value } from '../support/code-input.mjs';

describe('resend', () => {
  const NOW = new Date('2026-11-24T12:00:00Z');
  const button = (page) => page.locator('rift-code-input [part~=resend]');

  test('without a time there is no button', async () => {
    const page = await browser.page(FIELD);
    assert.equal(await button(page).isVisible(), false);
  });

  test('counts down, cannot be pressed before, says what was pressed, waits for a new time', async () => {
    const page = await browser.page('<rift-code-input resend-after="2026-11-24T12:00:30Z"></rift-code-input>', { clock: NOW });
    await page.clock.pauseAt(new Date('2026-11-24T12:00:05Z'));
    assert.equal(await button(page).textContent(), 'New code in 0:25');
    await button(page).click({ force: true }); // forced: Playwright would wait for the button to be enabled
    assert.deepEqual(await heard(page, 'rift-resend'), []);
    await page.clock.runFor(24_000);
    assert.equal(await button(page).textContent(), 'New code in 0:01');
    await page.clock.runFor(1000);
    assert.equal(await button(page).textContent(), 'Send a new code');
    await button(page).click();
    await button(page).click({ force: true });
    assert.equal((await heard(page, 'rift-resend')).length, 1, 'a second press before the answer does nothing');
    assert.equal(await page.locator('rift-code-input').evaluate((one) => one.shadowRoot.activeElement?.part.value), 'button resend');
    await page.locator('rift-code-input').evaluate((one) => (one.resendAfter = new Date(Date.now() + 90_000)));
    assert.equal(await button(page).textContent(), 'New code in 1:30');
    await page.clock.runFor(90_000);
    await button(page).press('Enter');
    assert.equal((await heard(page, 'rift-resend')).length, 2);
  });

  test('from the answer, the wait does not depend on the clock of the device', async () => {
    const page = await browser.page(FIELD, { clock: new Date('2031-01-01T00:00:00Z') });
    await page.clock.pauseAt(new Date('2031-01-01T00:01:00Z'));
    await page.locator('rift-code-input').evaluate((one) => {
      one.challenge = { created_at: '2026-11-24T12:00:00Z', resend_after: '2026-11-24T12:00:30Z' };
    });
    assert.equal(await button(page).textContent(), 'New code in 0:30');
  });

  test('a removed element stops counting', async () => {
    const page = await browser.page('<rift-code-input resend-after="2026-11-24T12:00:30Z"></rift-code-input>', { clock: NOW });
    await page.clock.pauseAt(new Date('2026-11-24T12:00:05Z'));
    const text = await page.evaluate(() => {
      window.gone = document.querySelector('rift-code-input');
      gone.remove();
      return gone.shadowRoot.querySelector('[part~=resend]').textContent;
    });
    await page.clock.runFor(10_000);
    assert.equal(await page.evaluate(() => gone.shadowRoot.querySelector('[part~=resend]').textContent), text);
    await page.evaluate(() => document.body.append(gone));
    assert.equal(await button(page).textContent(), 'New code in 0:15');
  });
});

describe('in a form', () => {
  const FORM = `<form id="form"><fieldset id="set"><label>Your code <rift-code-input name="code" required></rift-code-input></label>
    </fieldset><button>Go</button><button type="reset">Reset</button></form>`;
  const data = (page) => page.evaluate(() => Object.fromEntries(new FormData(document.getElementById('form'))));
  const validity = (page) =>
    page.locator('rift-code-input').evaluate(({ validity: all }) => Object.keys(ValidityState.prototype).filter((one) => one !== 'valid' && all[one]));

  test('value, validity, submit by Enter, reset, disabled fieldset', async () => {
    const page = await focused(FORM);
    await page.evaluate(() => {
      window.sent = [];
      document.getElementById('form').addEventListener('submit', (event) => {
        event.preventDefault();
        window.sent.push(new FormData(event.target).get('code'));
      });
    });
    assert.deepEqual(await validity(page), ['valueMissing']);
    await page.keyboard.press('Enter');
    assert.deepEqual(await page.evaluate(() => window.sent), []);
    await page.keyboard.type('123');
    assert.deepEqual(await validity(page), ['tooShort']);
    await page.keyboard.type('456');
    assert.deepEqual(await validity(page), []);
    assert.deepEqual(await data(page), { code: '123456' });
    await page.keyboard.press('Enter');
    assert.deepEqual(await page.evaluate(() => window.sent), ['123456']);

    await page.locator('rift-code-input').evaluate((one) => (one.error = 'That code is not right.'));
    assert.deepEqual(await validity(page), ['customError']);
    assert.equal(await page.locator('rift-code-input').evaluate((one) => one.validationMessage), 'That code is not right.');

    await page.getByText('Reset').click();
    assert.deepEqual(await data(page), { code: '' });
    assert.equal(await alert(page), '');

    await page.evaluate(() => (document.getElementById('set').disabled = true));
    assert.equal(await input(page).isDisabled(), true);
    assert.deepEqual(await data(page), {});
    await page.evaluate(() => (document.getElementById('set').disabled = false));
    assert.equal(await input(page).isDisabled(), false);
  });

  test('a label of the page names the field, and its click leads into it', async () => {
    const page = await browser.page(FORM);
    await page.getByText('Your code').click({ position: { x: 2, y: 2 } });
    assert.equal(await page.locator('rift-code-input').evaluate((one) => one.shadowRoot.activeElement?.id), 'field');
    await page.getByRole('textbox', { name: 'Your code' }).waitFor();
    assert.equal(await page.locator('rift-code-input label').isVisible(), false);
  });

  test('without a form, Enter on a full field completes again', async () => {
    const page = await focused();
    await page.keyboard.press('Enter');
    await page.keyboard.type('123456');
    await page.keyboard.press('Enter');
    assert.deepEqual(await codes(page), ['123456', '123456']);
  });
});

describe('states', () => {
  test('one labelled field; the error is described and announced, and goes with the next key', async () => {
    const page = await focused('<rift-code-input hint="Look at your mail"></rift-code-input>');
    assert.equal(await page.getByRole('textbox').count(), 1);
    const field = page.getByRole('textbox', { name: '6-digit code' });
    const described = () =>
      input(page).evaluate((one) =>
        one.getAttribute('aria-describedby').split(' ').map((id) => one.getRootNode().getElementById(id).textContent).filter(Boolean).join(' '),
      );
    assert.equal(await described(), 'Look at your mail');
    await page.locator('rift-code-input').evaluate((one) => (one.error = 'Not right.'));
    assert.equal(await described(), 'Look at your mail Not right.');
    assert.equal(await field.getAttribute('aria-invalid'), 'true');
    await page.getByRole('alert').filter({ hasText: 'Not right.' }).waitFor();
    await page.keyboard.type('1');
    assert.equal(await field.getAttribute('aria-invalid'), 'false');
    assert.equal(await field.getAttribute('autocomplete'), 'one-time-code');
    assert.equal(await field.getAttribute('inputmode'), 'numeric');
  });

  test('busy takes no keys and no paste and keeps the focus; clear() begins anew', async () => {
    const page = await focused();
    await page.keyboard.type('123456');
    await page.locator('rift-code-input').evaluate((one) => (one.busy = true));
    await page.keyboard.press('Backspace');
    await page.keyboard.press('Enter');
    await paste(page, '999999');
    assert.equal(await value(page), '123456');
    assert.equal((await codes(page)).length, 1);
    assert.equal(await page.getByRole('status').textContent(), 'Checking…');
    await page.locator('rift-code-input').evaluate((one) => {
      one.busy = false;
      one.clear();
      one.focus();
    });
    await page.keyboard.type('123456');
    assert.deepEqual(await codes(page), ['123456', '123456']);
  });

  test('a value set by the page is cleaned, and sends no event', async () => {
    const page = await browser.page(FIELD);
    await page.locator('rift-code-input').evaluate((one) => (one.value = ' 12-34a５６78'));
    assert.equal(await value(page), '123456');
    assert.deepEqual(await page.evaluate(() => window.heard), []);
  });

  test('properties that were set before the module came are taken over', async () => {
    const page = await browser.page(FIELD, {
      before: () =>
        document.addEventListener('readystatechange', () => {
          const one = document.querySelector('rift-code-input');
          if (document.readyState === 'interactive' && one && !one.shadowRoot) {
            window.early = true;
            Object.assign(one, { value: '12', error: 'Early', required: true });
          }
        }),
    });
    assert.equal(await page.evaluate(() => window.early), true);
    assert.equal(await value(page), '12');
    assert.equal(await alert(page), 'Early');
    assert.equal(await page.locator('rift-code-input').evaluate((one) => one.hasAttribute('required')), true);
  });
});

describe('language', () => {
  test('of the element, of what stands around it, of its shadow host, and your own words', async () => {
    const page = await browser.page(
      `<rift-code-input id="a"></rift-code-input><rift-code-input id="b" lang="fr"></rift-code-input>
       <rift-code-input id="c" strings='{"code":"Ziffern: {n}"}'></rift-code-input><div id="host" lang="ja"></div>`,
      { html: 'lang="de-CH"' },
    );
    const label = (id) => page.locator(`#${id} label`).textContent();
    assert.equal(await label('a'), '6-stelliger Code');
    assert.equal(await label('b'), 'Code à 6 chiffres');
    assert.equal(await label('c'), 'Ziffern: 6');
    await page.evaluate(() => (document.getElementById('b').lang = 'hi'));
    assert.equal(await label('b'), '6 अंकों का कोड');
    await page.evaluate(() => (document.getElementById('c').strings = { code: 'Code' }));
    assert.equal(await label('c'), 'Code');
    const inside = await page.evaluate(() => {
      const root = document.getElementById('host').attachShadow({ mode: 'open' });
      root.append(document.createElement('rift-code-input'));
      return root.firstChild.shadowRoot.querySelector('label').textContent;
    });
    assert.equal(inside, '6桁のコード');
  });
});

describe('WebOTP', () => {
  // Chromium on a desktop has no SMS: the API is a stand-in that the test answers.
  const mock = () => {
    window.asked = [];
    window.OTPCredential = class {};
    navigator.credentials.get = (options) =>
      new Promise((resolve, reject) => {
        const one = { options, resolve, aborted: false };
        options.signal.addEventListener('abort', () => {
          one.aborted = true;
          reject(options.signal.reason);
        });
        window.asked.push(one);
      });
  };

  test('the code that comes fills the field and completes', async () => {
    const page = await browser.page(FIELD, { before: mock });
    assert.deepEqual(await page.evaluate(() => window.asked[0].options.otp), { transport: ['sms'] });
    await page.evaluate(() => window.asked[0].resolve({ code: '123456' }));
    assert.equal((await page.evaluate(() => window.until('rift-complete'))).code, '123456');
    await page.locator('rift-code-input').evaluate((one) => one.clear());
    assert.equal(await page.evaluate(() => window.asked.length), 2, 'after clear() it listens again');
  });

  test('it ends with the element, and is not asked for where it is of no use', async () => {
    const page = await browser.page(`${FIELD}<rift-code-input webotp="off"></rift-code-input><rift-code-input backup></rift-code-input>`, { before: mock });
    assert.equal(await page.evaluate(() => window.asked.length), 1);
    await page.evaluate(() => document.querySelector('rift-code-input').remove());
    assert.equal(await page.evaluate(() => window.asked[0].aborted), true);
    assert.deepEqual(page.complaints, []);
  });
});
