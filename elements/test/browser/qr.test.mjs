import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { heard, open } from '../support/browser.mjs';

const enrolment = JSON.parse(await readFile(new URL('../support/enrolment.json', import.meta.url), 'utf8'));
const QR = '<rift-qr></rift-qr>';

let browser;
before(async () => (browser = await open()));
after(() => browser.close());

const qr = (page) => page.locator('rift-qr');
const part = (page, name) => page.locator(`rift-qr [part~=${name}]`);
const fill = async (page, value = enrolment) => {
  await qr(page).evaluate((one, answer) => (one.enrolment = answer), value);
  if (value?.qr_code) await page.evaluate(() => window.until('rift-ready'));
};

test('the whole answer is shown: the picture pixel by pixel, with a name, white around it, never small', async () => {
  for (const colorScheme of ['light', 'dark']) {
    const page = await browser.page(QR, { context: { colorScheme }, head: '<meta name="color-scheme" content="light dark">' });
    await fill(page);
    await page.getByRole('img', { name: 'QR code for your authenticator app' }).waitFor();
    const seen = await qr(page).evaluate(async (one, png) => {
      const canvas = one.shadowRoot.querySelector('canvas');
      const image = new Image();
      image.src = `data:image/png;base64,${png}`;
      await image.decode();
      const copy = new OffscreenCanvas(image.width, image.height).getContext('2d');
      copy.drawImage(image, 0, 0);
      const read = (context) => context.getImageData(0, 0, image.width, image.height).data.join();
      const style = getComputedStyle(canvas);
      return {
        same: read(canvas.getContext('2d')) === read(copy),
        size: [canvas.width, canvas.height],
        wide: canvas.getBoundingClientRect().width,
        square: canvas.getBoundingClientRect().width === canvas.getBoundingClientRect().height,
        rendering: style.imageRendering,
        around: getComputedStyle(canvas.parentElement).backgroundColor,
        padding: Number.parseFloat(getComputedStyle(canvas.parentElement).paddingTop),
      };
    }, enrolment.qr_code);
    assert.deepEqual({ ...seen, wide: seen.wide >= 200, padding: seen.padding > 0 }, {
      same: true,
      size: [343, 343],
      wide: true,
      square: true,
      rendering: 'pixelated',
      around: 'rgb(255, 255, 255)',
      padding: true,
    });
  }
});

test('attributes do the same, and nothing is written back to them', async () => {
  const page = await browser.page(`<rift-qr qr-code="${enrolment.qr_code}" secret="ABCD EFGH" otpauth-uri="otpauth://totp/x?secret=ABCDEFGH"></rift-qr>`);
  await page.evaluate(() => window.until('rift-ready'));
  assert.equal(await part(page, 'secret').textContent(), 'ABCDEFGH');
  assert.equal(await part(page, 'open').getAttribute('href'), 'otpauth://totp/x?secret=ABCDEFGH');
  const bare = await browser.page(QR);
  await fill(bare);
  const attributes = await qr(bare).evaluate((one) => [
    ...one.getAttributeNames(),
    // The link has to have the address; no other attribute in the shadow tree may hold a secret.
    ...[...one.shadowRoot.querySelectorAll(':not(a)')].flatMap((each) => [...each.attributes].map(({ value }) => value)),
  ]);
  assert.ok(attributes.every((value) => !value.includes(enrolment.secret) && !value.includes(enrolment.qr_code.slice(0, 40))));
});

test('the secret stands in groups of four, and is copied without spaces, by the button and by hand', async () => {
  const page = await browser.page(QR);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await fill(page);
  const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
  assert.deepEqual(await part(page, 'secret').locator('span').allTextContents(), enrolment.secret.match(/.{4}/g));
  await page.getByRole('button', { name: 'Copy key' }).click();
  await page.getByRole('status').filter({ hasText: 'Key copied' }).waitFor();
  assert.equal(await clipboard(), enrolment.secret);
  await page.evaluate(() => navigator.clipboard.writeText(''));
  await part(page, 'secret').click(); // selects all of it
  await page.keyboard.press('Control+C');
  assert.equal(await clipboard(), enrolment.secret);
  assert.equal(await part(page, 'secret').getAttribute('translate'), 'no');
});

test('without the clipboard interface, as on plain http, the button still copies', async () => {
  const page = await browser.page(QR, {
    before: () => {
      window.read = navigator.clipboard.readText.bind(navigator.clipboard);
      Object.defineProperty(navigator, 'clipboard', { value: undefined });
    },
  });
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await fill(page);
  await page.getByRole('button', { name: 'Copy key' }).click();
  await page.getByRole('status').filter({ hasText: 'Key copied' }).waitFor();
  assert.equal(await page.evaluate(() => window.read()), enrolment.secret);
});

test('the link is there on phones, and takes no other scheme', async () => {
  const phone = await browser.page(QR, { context: { hasTouch: true, isMobile: true, viewport: { width: 320, height: 640 } } });
  await fill(phone);
  assert.equal(await phone.getByRole('link', { name: 'Open in your app' }).getAttribute('href'), enrolment.otpauth_uri);
  await qr(phone).evaluate((one) => (one.otpauthUri = 'javascript:alert(1)'));
  assert.equal(await phone.getByRole('link').count(), 0);
  assert.equal(await part(phone, 'open').getAttribute('href'), null);
  const desk = await browser.page(QR);
  await fill(desk);
  assert.equal(await desk.getByRole('link').count(), 0);
});

test('a picture that cannot be read is told, and the key stays', async () => {
  const page = await browser.page(QR);
  for (const bad of ['AAAA', 'not base64 !']) {
    await qr(page).evaluate((one, png) => {
      window.heard.length = 0;
      one.enrolment = { qr_code: png, secret: 'ABCDEFGH' };
    }, bad);
    assert.equal((await page.evaluate(() => window.until('rift-error'))).code, 'bad_image');
    await page.getByRole('alert').filter({ hasText: 'That did not work' }).waitFor();
    assert.equal(await part(page, 'tile').isVisible(), false);
    assert.equal(await part(page, 'secret').textContent(), 'ABCDEFGH');
  }
  await fill(page);
  assert.equal(await part(page, 'tile').isVisible(), true);
  assert.equal(await page.getByRole('alert').textContent(), '');
});

test('without a secret there is no key to type; null empties all', async () => {
  const page = await browser.page(QR);
  await fill(page, { qr_code: enrolment.qr_code });
  assert.equal(await page.getByRole('button').count(), 0);
  await fill(page, null);
  assert.equal(await part(page, 'tile').isVisible(), false);
  assert.deepEqual((await heard(page, 'rift-error')).length, 0);
});
