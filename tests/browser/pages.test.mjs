// Every page: axe finds nothing in light, dark and on a phone, nothing scrolls sideways, nothing complains, nobody else is asked.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { looksGood, open, visit } from './support/browser.mjs';
import { firstOwner, password } from './support/member.mjs';
import { start } from './support/service.mjs';
import { furnish, tour } from './support/tour.mjs';

let browser, service;
before(async () => {
  [browser, service] = [await open(), await start()];
});
after(async () => {
  await browser?.close();
  await service?.close();
});

test('every page that a member comes to', async () => {
  const page = await visit(browser, service.origin);
  await firstOwner(page, service);
  const { app } = await furnish(service);
  const below = (path) => `/dashboard/applications/${app}${path}`;
  const wrong = [];
  const seen = await tour(page, service.origin, ['/dashboard/applications', below(''), '/dashboard/confirm'], async (at, kind) => {
    try {
      await looksGood(at);
      at.calm();
    } catch (error) {
      wrong.push(`${kind}: ${error.message}`);
    }
  });
  assert.deepEqual(wrong, []);
  for (const path of ['', '/log', '/users', '/inbox', '/keys', '/methods', '/settings', '/templates', '/countries',
    '/security-keys', '/providers', '/webhooks', '/delete']) {
    assert.ok(seen.includes(`/dashboard/applications/app${path}`), `${path} is linked: ${seen.join(' ')}`);
  }
  for (const path of ['/members', '/organization', '/organization-keys', '/audit', '/account', '/applications']) {
    assert.ok(seen.includes(`/dashboard${path}`), `${path} is linked: ${seen.join(' ')}`);
  }
  assert.ok(seen.length > 25, seen.join(' '));
  // What a search shows has no address of its own.
  await page.goto(service.origin + below('/users'));
  await page.getByLabel('User').first().fill('jane@test.rift.dev');
  await page.getByRole('button', { name: 'Find' }).click();
  await page.getByText('j•••@test.rift.dev').first().waitFor();
  await looksGood(page);
  page.calm();
  await page.context().close();
});

test('the pages at the door', async () => {
  const page = await visit(browser, service.origin);
  for (const path of ['/dashboard/sign-in', '/dashboard/forgot']) {
    await page.goto(service.origin + path);
    await looksGood(page);
  }
  await password(page, service);
  await looksGood(page);
  page.calm();
  const missing = await page.goto(`${service.origin}/dashboard/no/such/page`);
  assert.equal(missing.status(), 404);
  await looksGood(page);
  await page.context().close();
});
