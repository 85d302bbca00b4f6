// How long the overview takes to open with a million events stored: RIFT_BIN=…/release/rift-mfa node overview.mjs
import { join } from 'node:path';
import { open, visit } from './support/browser.mjs';
import { firstOwner } from './support/member.mjs';
import { run, start } from './support/service.mjs';

const service = await start();
const browser = await open();
try {
  const page = await visit(browser, service.origin);
  await firstOwner(page, service);
  const cookie = (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join('; ');
  const href = await page.locator('main a[href*="/applications/app_"]').first().getAttribute('href');
  const [path] = href.match(/\/dashboard\/applications\/app_\w+/);
  const million = new URL('support/million.py', import.meta.url).pathname;
  const { stdout } = await run('python3', [million, join(service.folder, 'rift-data', 'rift.db')]);
  console.log(stdout.trim());
  for (const range of ['24h', '7d', '30d', '90d']) {
    const times = [];
    for (let n = 0; n < 20; n += 1) {
      const began = performance.now();
      const response = await fetch(`${service.origin}${path}?range=${range}`, { headers: { cookie }, redirect: 'error' });
      const html = await response.text();
      if (!response.ok || !html.includes('<svg')) throw new Error(`${range}: ${response.status}`);
      times.push(performance.now() - began);
    }
    const first = times[0];
    times.sort((a, b) => a - b);
    const ms = (time) => `${time.toFixed(0)} ms`;
    console.log(`${range.padEnd(4)} first ${ms(first)}, p50 ${ms(times[9])}, most ${ms(times[19])}`);
  }
} finally {
  await browser.close();
  await service.close();
}
