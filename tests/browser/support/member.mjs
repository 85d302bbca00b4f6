// A person at the dashboard: the first owner's way in, with an authenticator app that reads the QR code as a phone does.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { run } from './service.mjs';

export const EMAIL = 'ada@example.com';
export const PASSWORD = 'seven green kettles sing';

/** An authenticator app: each time step's code is shown once, as the service takes each only once. */
export class App {
  #secret;
  #last = 0;

  constructor(secret) {
    this.#secret = secret;
  }

  /** Reads the code on the screen with zbarimg. */
  static async scanned(page, folder) {
    const picture = join(folder, `qr-${Date.now()}.png`);
    await page.locator('img.qr').screenshot({ path: picture });
    const { stdout } = await run('zbarimg', ['--raw', '--quiet', picture]);
    const uri = new URL(stdout.trim());
    assert.equal(uri.protocol, 'otpauth:');
    return new App(uri.searchParams.get('secret'));
  }

  /** The next code, computed by oathtool. One step ahead of the clock is taken, too: so nobody has to wait for most. */
  async code() {
    const now = Math.floor(Date.now() / 30_000);
    const step = Math.max(now - 1, this.#last + 1);
    // Further ahead no clock of a phone would be.
    if (step > now + 1) await new Promise((done) => setTimeout(done, (step - 1) * 30_000 - Date.now()));
    this.#last = step;
    const at = new Date(step * 30_000).toISOString().replace('T', ' ').replace(/\..*/, ' UTC');
    const { stdout } = await run('oathtool', ['--totp', '--base32', `--now=${at}`, this.#secret]);
    return stdout.trim();
  }
}

/** The one-time link: account, password, app, backup codes. `look` sees each page on the way. */
export async function firstOwner(page, service, look = async () => {}) {
  await page.goto(service.link);
  await look(page);
  await page.getByLabel('E-mail').fill(EMAIL);
  await page.getByLabel('Name').fill('Ada');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('heading', { name: 'Set up a second factor' }).waitFor();
  await look(page);
  await page.getByRole('button', { name: 'Use an authenticator app' }).click();
  await page.locator('img.qr').waitFor();
  await look(page);
  const app = await App.scanned(page, service.folder);
  await page.getByLabel('Code').fill(await app.code());
  await page.getByRole('button', { name: 'Confirm' }).click();
  await page.getByRole('button', { name: 'Make backup codes' }).click();
  await page.getByRole('link', { name: 'I have kept them' }).waitFor();
  await look(page);
  const codes = (await page.locator('#codes li').allTextContents()).map((code) => code.trim());
  assert.equal(codes.length, 10);
  await page.getByRole('link', { name: 'I have kept them' }).click();
  await page.getByRole('heading', { name: 'Applications', level: 1 }).waitFor();
  return { app, codes };
}

/** Address and password; the second factor is still to come. */
export async function password(page, service, path = '/dashboard') {
  await page.goto(service.origin + path);
  await page.getByLabel('E-mail').fill(EMAIL);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('heading', { name: 'Second factor' }).waitFor();
}
