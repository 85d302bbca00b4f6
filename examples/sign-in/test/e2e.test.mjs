// The example from sign-up to a backup code, in Chromium with a virtual authenticator, against a real service on the embedded
// default. Run: npm --prefix elements ci, then node --test examples/sign-in/test/ (RIFT_BIN names the program).
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const { chromium } = createRequire(join(here, '../../../elements/package.json'))('playwright-core');
const axe = join(here, '../../../elements/node_modules/axe-core/axe.min.js');
const program = resolve(process.env.RIFT_BIN ?? join(here, '../../../target/debug/rift-mfa'));

const free = () =>
  new Promise((done) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });

/** Starts a program and waits until it has printed what fits `pattern`. */
function started(command, args, options, pattern) {
  const child = spawn(command, args, options);
  let text = '';
  return new Promise((done, fail) => {
    const hear = (chunk) => {
      text += chunk;
      const found = pattern.exec(text);
      if (found) done({ child, found });
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.on('error', fail);
    child.on('exit', (code) => fail(new Error(`${command} ended with ${code}: ${text}`)));
  });
}

/** RFC 6238 with the defaults of authenticator apps, `steps` from now. */
function totp(secret, steps = 0) {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...secret].map((c) => letters.indexOf(c).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const mac = createHmac('sha1', key).update(counter).digest();
  const at = mac[19] & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

let folder, service, site, browser, url;

before(async () => {
  assert.ok(existsSync(program), `There is no ${program}: run cargo build, or name one in RIFT_BIN.`);
  folder = mkdtempSync(join(tmpdir(), 'rift-example-'));
  const [api, ops, port] = [await free(), await free(), await free()];
  const env = {
    ...process.env,
    RIFT_HTTP__LISTEN: `127.0.0.1:${api}`,
    RIFT_HTTP__OPS_LISTEN: `127.0.0.1:${ops}`,
    RIFT_HTTP__PUBLIC_URL: `http://localhost:${api}`,
    RIFT_LOG__LEVEL: 'warn',
  };
  const first = await started(program, [], { cwd: folder, env }, /(sk_test_\w+)\n[\s\S]*--app (app_\w+)/);
  service = first.child;
  const [, key, app] = first.found;
  const settings = [`webauthn.rp_id=localhost`, `webauthn.origins=http://localhost:${port}`];
  execFileSync(program, ['app', 'set', app, ...settings], { cwd: folder, env });
  const example = join(here, '../server.mjs');
  const listening = await started(
    process.execPath,
    [example],
    { env: { ...process.env, RIFT_KEY: key, RIFT_URL: `http://127.0.0.1:${api}`, PORT: String(port) } },
    /http:\/\/localhost:\d+/,
  );
  site = listening.child;
  url = listening.found[0];
  const executablePath = [process.env.CHROMIUM, '/usr/bin/chromium'].find((path) => path && existsSync(path));
  assert.ok(executablePath, 'No Chromium: apt-get install chromium, or name one in CHROMIUM.');
  browser = await chromium.launch({ executablePath, chromiumSandbox: false, args: ['--disable-gpu'] });
});

after(async () => {
  await browser?.close();
  for (const child of [site, service]) {
    child?.removeAllListeners('exit');
    child?.kill();
  }
  if (folder) rmSync(folder, { recursive: true, force: true });
});

async function visit(options) {
  const context = await browser.newContext({ viewport: { width: 480, height: 900 } });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const cdp = await context.newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: { automaticPresenceSimulation: true, isUserVerified: true, ...options },
  });
  await page.goto(url);
  return page;
}

const says = (page, text) => page.locator('#status', { hasText: text }).waitFor();

/** Types a code as a user does: into the one field that is there. */
async function type(page, code) {
  await page.locator('rift-code-input input').fill('');
  await page.locator('rift-code-input input').pressSequentially(code);
}

async function mailed(page) {
  const { data } = await page.evaluate(() => fetch('/api/inbox').then((answer) => answer.json()));
  return data[0];
}

async function password(page, email, button) {
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill('correct horse');
  await page.getByRole('button', { name: button, exact: true }).click();
  await page.locator('#second').waitFor();
}

async function byMail(page) {
  await page.getByRole('button', { name: 'Code by e-mail' }).click();
  await page.locator('#way rift-code-input').waitFor();
  await page.waitForFunction(() => /\d{6}/.test(document.getElementById('mail').textContent));
  await type(page, (await mailed(page)).code);
  await page.locator('#home').waitFor();
}

async function signOut(page) {
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.locator('#password').waitFor();
}

async function isAccessible(page) {
  await page.evaluate(await (await import('node:fs/promises')).readFile(axe, 'utf8'));
  const { violations } = await page.evaluate(() => window.axe.run());
  assert.deepEqual(violations.map((found) => `${found.id}: ${found.nodes[0]?.html}`), []);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  assert.ok(!wide, 'the page scrolls sideways');
}

test('signs a user up, adds an app and a key, and signs in with each, and with a backup code', async () => {
  const page = await visit({ protocol: 'ctap2', transport: 'internal', hasUserVerification: true });
  const email = 'jane@example.com';
  await isAccessible(page);
  await password(page, email, 'Sign up');
  await isAccessible(page);
  await byMail(page);

  await page.getByRole('button', { name: 'Add an authenticator app' }).click();
  const qr = page.locator('rift-qr');
  await qr.waitFor();
  const secret = await qr.evaluate((element) => element.secret ?? element.enrolment.secret);
  await page.locator('#enrol rift-code-input').waitFor();
  await isAccessible(page);
  await type(page, totp(secret));
  await says(page, 'Authenticator app added.');

  // The proof of the first code is spent on nothing yet: the app was the first factor. It is spent now.
  await page.getByRole('button', { name: 'Add a security key' }).click();
  await page.locator('rift-security-key button').click();
  await says(page, 'Security key added.');
  await page.getByRole('button', { name: 'Send backup codes' }).click();
  await says(page, '10 backup codes are on their way');
  const backup = (await mailed(page)).text.match(/\w-[0-9A-Z]{5}-[0-9A-Z]{4}-[0-9A-Z]{4}/)[0];
  await isAccessible(page);
  await signOut(page);

  await password(page, email, 'Sign in');
  await page.getByRole('button', { name: 'Security key' }).click();
  await page.locator('rift-security-key button').click();
  await page.locator('#home').waitFor();
  await signOut(page);

  await password(page, email, 'Sign in');
  await page.getByRole('button', { name: 'Authenticator app' }).click();
  // The step of the enrolment was used; the next one is accepted already.
  await type(page, totp(secret, 1));
  await page.locator('#home').waitFor();
  await signOut(page);

  await password(page, email, 'Sign in');
  await page.getByRole('button', { name: 'Backup code' }).click();
  await type(page, backup);
  await page.locator('#home').waitFor();
  assert.match(await page.locator('#factors').textContent(), /9 backup codes/);
  await page.setViewportSize({ width: 320, height: 700 });
  await isAccessible(page);
});

for (const [name, options] of [
  ['ctap2 over usb', { protocol: 'ctap2', transport: 'usb' }],
  ['u2f over usb', { protocol: 'u2f', transport: 'usb' }],
]) {
  test(`enrols and uses a key: ${name}`, async () => {
    const page = await visit(options);
    const email = `${options.protocol}@example.com`;
    await password(page, email, 'Sign up');
    await byMail(page);
    await page.getByRole('button', { name: 'Add a security key' }).click();
    await page.locator('rift-security-key button').click();
    await says(page, 'Security key added.');
    await signOut(page);
    await password(page, email, 'Sign in');
    await page.getByRole('button', { name: 'Security key' }).click();
    await page.locator('rift-security-key button').click();
    await page.locator('#home').waitFor();
  });
}

/** Presses Tab until what has the focus, in whatever shadow, is named so. */
async function tabTo(page, name) {
  for (let press = 0; press < 25; press += 1) {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate(() => {
      let at = document.activeElement;
      while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
      return `${at?.textContent ?? ''} ${at?.labels?.[0]?.textContent ?? ''}`;
    });
    if (focused.includes(name)) return;
  }
  assert.fail(`no way to “${name}” by the keyboard`);
}

test('everything works by the keyboard alone', async () => {
  const page = await visit({ protocol: 'ctap2', transport: 'internal', hasUserVerification: true });
  await page.locator('#password').waitFor();
  await tabTo(page, 'E-mail');
  await page.keyboard.type('keys@example.com');
  await tabTo(page, 'Password');
  await page.keyboard.type('correct horse');
  await tabTo(page, 'Sign up');
  await page.keyboard.press('Enter');
  await page.locator('#second').waitFor();
  await tabTo(page, 'Code by e-mail');
  await page.keyboard.press('Space');
  await page.waitForFunction(() => /\d{6}/.test(document.getElementById('mail').textContent));
  // The field has the focus already.
  await page.keyboard.type((await mailed(page)).code);
  await page.locator('#home').waitFor();
  await tabTo(page, 'Add a security key');
  await page.keyboard.press('Enter');
  await page.locator('rift-security-key').waitFor();
  await tabTo(page, 'security key');
  await page.keyboard.press('Enter');
  await says(page, 'Security key added.');
  await tabTo(page, 'Sign out');
  await page.keyboard.press('Enter');
  await page.locator('#password').waitFor();
});

test('a wrong code is told, and the second factor is not optional', async () => {
  const page = await visit({ protocol: 'ctap2', transport: 'usb' });
  await password(page, 'kim@example.com', 'Sign up');
  const refused = await page.evaluate(() => fetch('/api/enrol/start', { method: 'POST', body: '{}' }).then((a) => a.status));
  assert.equal(refused, 401);
  await page.getByRole('button', { name: 'Code by e-mail' }).click();
  await page.waitForFunction(() => /\d{6}/.test(document.getElementById('mail').textContent));
  const { code } = await mailed(page);
  await type(page, code.replace(/.$/, (last) => String((Number(last) + 1) % 10)));
  await page.getByText('You have 4 more tries.').first().waitFor();
  await type(page, code);
  await page.locator('#home').waitFor();
});
