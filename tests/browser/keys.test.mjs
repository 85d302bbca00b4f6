// Security keys, by Chromium's virtual authenticator: the first factor, a further one, and the step-up.
import { after, before, test } from 'node:test';
import { looksGood, open, visit } from './support/browser.mjs';
import { EMAIL, PASSWORD, firstOwner, password } from './support/member.mjs';
import { start } from './support/service.mjs';

let browser;
before(async () => (browser = await open()));
after(() => browser?.close());

async function withKey(page) {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'usb',
      hasResidentKey: false,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
}

const button = (page) => page.locator('rift-security-key').getByRole('button');

test('a security key is the first factor, and lets its owner in', async (t) => {
  const service = await start();
  t.after(() => service.close());
  const page = await visit(browser, service.origin);
  t.after(() => page.context().close());
  await withKey(page);
  await page.goto(service.link);
  await page.getByLabel('E-mail').fill(EMAIL);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('heading', { name: 'Set up a second factor' }).waitFor();
  await button(page).click();
  await page.getByRole('heading', { name: 'Backup codes' }).waitFor();
  await page.getByRole('link', { name: 'Not now' }).click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await password(page, service, '/dashboard/account');
  await looksGood(page);
  await button(page).click();
  await page.getByRole('heading', { name: 'Your account' }).waitFor();
  await page.getByRole('cell', { name: /security key/i }).waitFor();
  page.calm();
});

test('a key is added beside an app', async (t) => {
  const service = await start();
  t.after(() => service.close());
  const page = await visit(browser, service.origin);
  t.after(() => page.context().close());
  await withKey(page);
  await firstOwner(page, service);
  await page.goto(`${service.origin}/dashboard/account`);
  await page.getByRole('link', { name: 'Add a security key' }).click();
  await looksGood(page);
  await button(page).click();
  await page.getByRole('cell', { name: /security key/i }).waitFor();
  page.calm();
});
