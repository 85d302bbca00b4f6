// Takes a picture of every page, light, dark and 390 px wide, into a folder: node screenshots.mjs [FOLDER]. Look at them after a
// change of the style sheet.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { NARROW, WIDE, open, visit } from './support/browser.mjs';
import { firstOwner } from './support/member.mjs';
import { start } from './support/service.mjs';
import { furnish, tour } from './support/tour.mjs';

const folder = process.argv[2] ?? 'screenshots';
mkdirSync(folder, { recursive: true });
const [browser, service] = [await open(), await start()];
let count = 0;

async function take(page, kind) {
  const name = `${String(++count).padStart(2, '0')}-${kind.replace(/^\/dashboard\/?/, '').replace(/[^a-z0-9]+/g, '-') || 'home'}`;
  for (const [variant, colorScheme, size] of [['light', 'light', WIDE], ['dark', 'dark', WIDE], ['390', 'light', NARROW]]) {
    await page.setViewportSize(size);
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: join(folder, `${name}-${variant}.png`), fullPage: true });
  }
  await page.setViewportSize(WIDE);
  await page.emulateMedia({ colorScheme: 'light' });
}

try {
  const nobody = await visit(browser, service.origin);
  for (const path of ['/dashboard/sign-in', '/dashboard/forgot', '/dashboard/no/such/page']) {
    await nobody.goto(service.origin + path);
    await take(nobody, path);
  }
  const page = await visit(browser, service.origin);
  await firstOwner(page, service, (at) => take(at, new URL(at.url()).pathname.replace(/link\/.*/, 'link')));
  const { app } = await furnish(service);
  const seen = await tour(page, service.origin, ['/dashboard/applications', `/dashboard/applications/${app}`, '/dashboard/confirm'], take);
  console.log(`${count} pages are in ${folder}: ${seen.join(' ')}`);
} finally {
  await browser.close();
  await service.close();
}
