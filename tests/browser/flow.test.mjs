// From the first start to a verified user, as a new tenant goes; once with JavaScript and once without.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { findings, looksGood, open, visit } from './support/browser.mjs';
import { firstOwner, password } from './support/member.mjs';
import { run, start } from './support/service.mjs';

let browser;
before(async () => (browser = await open()));
after(() => browser?.close());

const menu = (page, name) => page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name, exact: true });

async function curl(...words) {
  const { stdout } = await run('curl', ['--silent', '--show-error', '--max-time', '15', ...words]);
  return JSON.parse(stdout);
}

for (const javaScriptEnabled of [true, false]) {
  test(`first start to verified user, ${javaScriptEnabled ? 'with' : 'without'} JavaScript`, async (t) => {
    const service = await start();
    t.after(() => service.close());
    const page = await visit(browser, service.origin, { javaScriptEnabled });
    t.after(() => page.context().close());
    // axe itself needs JavaScript.
    const { app, codes } = await firstOwner(page, service, javaScriptEnabled ? looksGood : undefined);

    await page.getByLabel('Name').fill('Corner Shop');
    for (const box of await page.getByRole('checkbox').all()) await box.uncheck();
    await page.getByRole('button', { name: 'Make the application' }).click();
    await page.getByRole('heading', { name: 'Corner Shop', level: 1 }).waitFor();
    await page.getByText('The application was made.').waitFor();

    await page.getByRole('link', { name: 'Choose methods' }).click();
    const mail = page.getByRole('switch', { name: 'E-mail' });
    assert.equal(await mail.getAttribute('aria-checked'), 'false');
    await mail.click();
    await page.getByText('Saved.').waitFor();
    assert.equal(await mail.getAttribute('aria-checked'), 'true');

    await menu(page, 'API keys').click();
    await page.getByLabel('Name').fill('first');
    await page.getByRole('button', { name: 'Make the key' }).click();
    const key = (await page.locator('#secret').textContent()).trim();
    assert.match(key, /^sk_test_\w+$/);
    if (javaScriptEnabled) assert.deepEqual(await findings(page), []);

    // The call that the page shows is pasted as it stands.
    const pasted = await page.locator('#curl').textContent();
    const first = JSON.parse((await run('bash', ['-c', `${pasted.replace(/^\s*curl/, 'curl --silent')}`])).stdout);
    assert.equal(first.status, 'pending', `${pasted}\n${JSON.stringify(first)}`);
    await page.getByRole('link', { name: 'I have copied it' }).click();

    const bearer = ['-H', `Authorization: Bearer ${key}`];
    const begun = await curl('-X', 'POST', `${service.origin}/v1/mfa`, ...bearer, '-d', 'User=mia@example.com, Type=EMAIL');
    assert.equal(begun.status, 'pending');
    await menu(page, 'Test inbox').click();
    const message = page.getByRole('article').filter({ hasText: 'mia@example.com' });
    const code = (await message.locator('.big-code').textContent()).trim();
    assert.match(code, /^\d{6}$/);
    const verified = await curl(
      '-X', 'POST', `${service.origin}/v1/mfa/verify`, ...bearer, '-d', `User=mia@example.com, Type=EMAIL, Code=${code}`,
    );
    assert.equal(verified.status, 'approved');

    // The other one by the button that the page has for it.
    await page.getByRole('article').filter({ hasText: first.user }).getByRole('button', { name: /^Verify/ }).click();
    await page.locator('#answer pre', { hasText: '"approved"' }).waitFor();

    await menu(page, 'Overview').click();
    const tile = (name) => page.locator('.tile').filter({ has: page.getByText(name, { exact: true }) }).locator('.value');
    assert.equal((await tile('Verified').textContent()).trim(), '2');
    assert.ok((await page.locator('svg.marks rect.column').count()) > 0, 'the chart has columns');
    await menu(page, 'Log').click();
    const rows = page.getByRole('region', { name: 'Challenges' }).getByRole('row').filter({ hasText: 'approved' });
    await rows.first().waitFor();
    assert.equal(await rows.count(), 2);
    await rows.filter({ hasText: 'm•••@example.com' }).getByRole('link').click();
    await page.getByText(begun.id).first().waitFor();
    await page.getByText(/approved/i).first().waitFor();

    // Out, and in again by the app; then by a backup code.
    for (const code of [() => app.code(), () => codes[0]]) {
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByText('You are signed out.').waitFor();
      await page.goBack();
      await page.goto(`${service.origin}/dashboard/account`);
      await page.getByRole('heading', { name: 'Sign in' }).waitFor();
      await password(page, service, '/dashboard/account');
      await page.getByLabel('Code of your authenticator app, or a backup code').fill(await code());
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      await page.getByRole('heading', { name: 'Your account' }).waitFor();
    }
    page.calm();
  });
}

test('a wrong code is told, and the link of the first start works once', async (t) => {
  const service = await start();
  t.after(() => service.close());
  const page = await visit(browser, service.origin);
  t.after(() => page.context().close());
  await firstOwner(page, service);
  page.calm();
  const other = await visit(browser, service.origin);
  t.after(() => other.context().close());
  const used = await other.goto(service.link);
  assert.equal(used.status(), 404);
  await looksGood(other);
  await password(other, service);
  await other.getByLabel('Code of your authenticator app, or a backup code').fill('000000');
  await other.getByRole('button', { name: 'Sign in', exact: true }).click();
  await other.getByRole('alert').waitFor();
  await looksGood(other);
  // These statuses are what was looked for.
  other.forgive(/answered 40[14]|status of 40[14]/);
  other.calm();
});
