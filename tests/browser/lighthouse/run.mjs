// Lighthouse over the pages that are open most: performance, accessibility and best practices are 95 at least, on a phone and on a
// desktop. What falls short is told with what cost it. Needs the packages of the folder above, too.
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import lighthouse, { desktopConfig } from 'lighthouse';
import { executable } from '../support/browser.mjs';
import { firstOwner } from '../support/member.mjs';
import { free, start } from '../support/service.mjs';
import { furnish } from '../support/tour.mjs';

const { chromium } = createRequire(new URL('../package.json', import.meta.url))('playwright-core');
const LEAST = 95;
const categories = ['performance', 'accessibility', 'best-practices'];

const port = await free();
const profile = mkdtempSync(join(tmpdir(), 'rift-lighthouse-'));
const service = await start();
// One profile for both: Lighthouse looks at the pages as the member who signed in.
const context = await chromium.launchPersistentContext(profile, {
  executablePath: executable(),
  chromiumSandbox: false,
  args: [`--remote-debugging-port=${port}`, '--disable-gpu', '--no-first-run', '--disable-component-update', '--disable-sync'],
});
let short = 0;
try {
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const door = `${service.origin}/dashboard/sign-in`;
  const looks = async (url, name) => {
    for (const [size, config] of [['phone', undefined], ['desktop', desktopConfig]]) {
      const flags = { port, onlyCategories: categories, disableStorageReset: true, logLevel: 'error' };
      const { lhr } = await lighthouse(url, flags, config);
      if (lhr.finalDisplayedUrl !== url) throw new Error(`${url} led to ${lhr.finalDisplayedUrl}`);
      const scores = categories.map((category) => Math.round(lhr.categories[category].score * 100));
      console.log(`${name}, ${size}: ${categories.map((category, at) => `${category} ${scores[at]}`).join(', ')}`);
      categories.forEach((category, at) => {
        if (scores[at] >= LEAST) return;
        short += 1;
        for (const { id, weight } of lhr.categories[category].auditRefs) {
          const { score, title, displayValue } = lhr.audits[id];
          if (weight > 0 && score !== null && score < 0.95) console.log(`  ${category}: ${id}: ${title} ${displayValue ?? ''}`);
        }
      });
    }
  };
  await looks(door, 'Sign in');
  await firstOwner(page, service);
  const { app } = await furnish(service);
  const below = `${service.origin}/dashboard/applications/${app}`;
  for (const [path, name] of [['', 'Overview'], ['/log', 'Log'], ['/settings', 'Settings']]) await looks(below + path, name);
} finally {
  await context.close();
  await service.close();
  rmSync(profile, { recursive: true, force: true });
}
if (short > 0) {
  console.error(`${short} scores are under ${LEAST}.`);
  process.exit(1);
}
