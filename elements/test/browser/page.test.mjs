// What holds for the three elements on any page: policy, accessibility, colours, small screens, the README's example.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { heard, open, STRICT } from '../support/browser.mjs';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const enrolment = JSON.parse(await readFile(new URL('../support/enrolment.json', import.meta.url), 'utf8'));
const request = { challenge: 'AAAA', rpId: 'localhost' };

const ALL = `<h1>Sign in</h1><rift-qr></rift-qr>
  <rift-code-input id="empty" hint="We sent it to j•••@test.rift.dev" resend-after="2020-01-01T00:00:00Z" required></rift-code-input>
  <rift-code-input id="full" length="10" resend-after="2099-01-01T00:00:00Z"></rift-code-input>
  <rift-code-input id="wrong" error="That code is not right. You have 4 tries left."></rift-code-input>
  <rift-code-input id="busy" busy></rift-code-input><rift-code-input id="off" disabled></rift-code-input>
  <rift-code-input id="backup" backup></rift-code-input>
  <rift-security-key id="use"></rift-security-key><rift-security-key id="waits" busy></rift-security-key>
  <rift-security-key id="refused" error="This key is not known here."></rift-security-key>`;

let browser;
before(async () => (browser = await open()));
after(() => browser.close());

const fill = (page) =>
  page.evaluate(
    async ([answer, options]) => {
      document.querySelector('rift-qr').enrolment = answer;
      for (const one of document.querySelectorAll('rift-security-key')) one.options = options;
      for (const id of ['full', 'wrong', 'busy', 'off']) document.getElementById(id).value = '0123456789';
      document.getElementById('backup').value = '3-7KQ2M-9XD4-TPBW';
      await window.until('rift-ready');
    },
    [enrolment, request],
  );

test('under a strict policy with Trusted Types all is shown, and nothing is refused or sent', async () => {
  const page = await browser.page(ALL, {
    csp: STRICT,
    before: () => {
      window.refused = [];
      addEventListener('securitypolicyviolation', (event) => window.refused.push(event.violatedDirective + ' ' + event.sourceFile));
    },
  });
  const sent = [];
  page.on('request', (one) => sent.push(one.url()));
  await fill(page);
  await page.locator('#empty input').pressSequentially('424242');
  await page.getByRole('button', { name: 'Copy key' }).click();
  await page.locator('#empty [part~=resend]').click();
  assert.deepEqual(await page.evaluate(() => window.refused), []);
  assert.deepEqual(sent, []);
  const look = await page.evaluate(() => {
    const style = (id, part) => getComputedStyle(document.querySelector(id).shadowRoot.querySelector(`[part~=${part}]`));
    return [style('#empty', 'box').borderStyle, style('rift-qr', 'tile').backgroundColor, style('#use', 'button').backgroundColor];
  });
  assert.deepEqual(look, ['solid', 'rgb(255, 255, 255)', 'rgb(40, 72, 200)']);
});

describe('axe finds nothing', () => {
  const looks = [
    { colorScheme: 'light' },
    { colorScheme: 'dark' },
    { colorScheme: 'light', forcedColors: 'active' },
    { colorScheme: 'dark', viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true },
  ];
  for (const look of looks) {
    test(JSON.stringify(look), async () => {
      const page = await browser.page(ALL, {
        context: { ...look, reducedMotion: 'reduce' },
        // axe reads colours from styles, and does not know that a browser's own paper is dark.
        head: '<style>html { color-scheme: light dark; background: light-dark(#fff, #121212) }</style>',
      });
      await fill(page);
      await page.evaluate(axe);
      const { violations, passes } = await page.evaluate(() =>
        axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }),
      );
      assert.deepEqual(violations.map(({ id, nodes }) => [id, nodes.map(({ target, failureSummary }) => [target, failureSummary])]), []);
      const rules = passes.map(({ id }) => id);
      for (const rule of ['color-contrast', 'label', 'button-name', 'aria-valid-attr-value']) assert.ok(rules.includes(rule), rule);
    });
  }
});

describe('320 px', () => {
  for (const lang of ['en', 'de', 'fr', 'es', 'pt', 'it', 'ja', 'hi']) {
    test(`no horizontal scroll, nothing cut off, in ${lang}`, async () => {
      const page = await browser.page(ALL, { html: `lang="${lang}"`, context: { viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true } });
      await fill(page);
      const seen = await page.evaluate(() => {
        const over = [];
        for (const host of document.querySelectorAll('rift-qr, rift-code-input, rift-security-key')) {
          for (const one of host.shadowRoot.querySelectorAll(':not(input)')) {
            const { right, left, width } = one.getBoundingClientRect();
            if (width && (right > innerWidth || left < 0)) over.push(`${host.localName} ${one.localName} ${left} ${right}`);
          }
        }
        return { over, scroll: document.documentElement.scrollWidth };
      });
      assert.deepEqual(seen, { over: [], scroll: 320 });
    });
  }
});

test('with the keyboard alone: every control is reached in order, with a visible focus', async () => {
  const page = await browser.page(ALL);
  await fill(page);
  const reached = [];
  for (let press = 0; press < 40; press++) {
    await page.keyboard.press('Tab');
    const where = await page.evaluate(() => {
      const host = document.activeElement;
      const inner = host?.shadowRoot?.activeElement;
      if (!inner) return null;
      const marked = inner.localName === 'input' ? host.shadowRoot.querySelector('[part~=box-active]') ?? inner : inner;
      const style = getComputedStyle(marked);
      return { name: `${host.id || host.localName} ${inner.part.value}`, visible: style.outlineStyle !== 'none' || style.boxShadow !== 'none' };
    });
    if (!where) break;
    if (where.name !== 'busy input') assert.ok(where.visible, where.name);
    reached.push(where.name);
  }
  assert.deepEqual(reached, [
    'rift-qr button copy', 'empty input', 'empty button resend', 'full input', 'full button resend', 'wrong input', 'busy input',
    'backup input', 'use button', 'waits button', 'refused button',
  ]);
});

describe('colours', () => {
  const paper = (page) =>
    page.locator('#empty').evaluate((one) => getComputedStyle(one.shadowRoot.querySelector('[part~=box]')).backgroundColor);

  test('follow the page’s color-scheme, not the device’s alone; theme="…" decides otherwise', async () => {
    const context = { colorScheme: 'dark', reducedMotion: 'reduce' };
    const aware = await browser.page(ALL, { context, head: '<meta name="color-scheme" content="light dark">' });
    assert.equal(await paper(aware), 'rgb(23, 28, 38)');
    const unaware = await browser.page(ALL, { context });
    assert.equal(await paper(unaware), 'rgb(255, 255, 255)', 'a page that is white in the dark gets white boxes');
    for (const [theme, colour] of [['auto', 'rgb(23, 28, 38)'], ['light', 'rgb(255, 255, 255)'], ['dark', 'rgb(23, 28, 38)']]) {
      await unaware.locator('#empty').evaluate((one, name) => one.setAttribute('theme', name), theme);
      assert.equal(await paper(unaware), colour, theme);
    }
  });

  test('custom properties and parts reach inside', async () => {
    const page = await browser.page(ALL, {
      head: '<style>rift-code-input { --rift-paper: rgb(1, 2, 3) } rift-code-input::part(box) { border-width: 4px }</style>',
    });
    assert.equal(await paper(page), 'rgb(1, 2, 3)');
    assert.equal(await page.locator('#empty').evaluate((one) => getComputedStyle(one.shadowRoot.querySelector('span')).borderTopWidth), '4px');
  });

  test('nothing moves for those who ask for that', async () => {
    const running = (page) => page.evaluate(() =>
      [...document.querySelectorAll('#busy, #waits')].map((one) => one.shadowRoot.getAnimations().length > 0));
    assert.deepEqual(await running(await browser.page(ALL)), [true, true]);
    assert.deepEqual(await running(await browser.page(ALL, { context: { reducedMotion: 'reduce' } })), [false, false]);
  });
});

test('the first example of the README runs', async () => {
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
  const example = readme.match(/```html\n([\s\S]*?)```/)[1];
  assert.match(example, /<!doctype html>/);
  const sent = [];
  const page = await (await browser.browser.newContext()).newPage();
  page.setDefaultTimeout(10_000);
  browser.pages.set('/example', { headers: { 'content-type': 'text/html; charset=utf-8' }, body: example });
  browser.pages.set('/sign-in/code', async (incoming, response) => {
    let body = '';
    for await (const chunk of incoming) body += chunk;
    sent.push(JSON.parse(body));
    response.statusCode = sent.length === 1 ? 401 : 204;
    response.end();
  });
  browser.pages.set('/welcome', { headers: { 'content-type': 'text/html' }, body: '<title>Welcome</title>' });
  await page.goto(`${browser.origin}/example`);
  const field = page.getByRole('textbox', { name: '6-digit code' });
  await field.pressSequentially('111111');
  await page.getByRole('alert').filter({ hasText: 'not right' }).waitFor();
  await field.pressSequentially('424242');
  await page.waitForURL('**/welcome');
  assert.deepEqual(sent, [{ code: '111111' }, { code: '424242' }]);
});

test('the module can be loaded twice', async () => {
  const page = await browser.page('<rift-code-input></rift-code-input>', { head: '<script type="module" src="/elements.js?again"></script>' });
  await page.waitForLoadState('load');
  assert.deepEqual(page.complaints, []);
  assert.deepEqual(await heard(page, 'rift-error'), []);
});
