// Headless Chromium, and what no page of ours may do: complain, break its policy, ask another host.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { chromium } from 'playwright-core';

const axe = await readFile(new URL('../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');

/** Debian's Chromium, or the one that CHROMIUM names. */
export function executable() {
  const places = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
  const found = places.find((path) => path && existsSync(path));
  assert.ok(found, 'No Chromium: install it (Debian: apt-get install chromium), or name one in CHROMIUM.');
  return found;
}

export async function open() {
  return chromium.launch({
    executablePath: executable(),
    chromiumSandbox: false,
    args: ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-component-update', '--disable-sync'],
  });
}

/** A page that is watched. `page.calm()` says that nothing was wrong with anything it did so far. */
export async function visit(browser, origin, settings = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...settings });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const wrong = [];
  page.on('pageerror', (error) => wrong.push(`${page.url()}: ${error}`));
  page.on('console', (line) => {
    if (line.type() === 'error' || line.type() === 'warning') wrong.push(`${page.url()}: ${line.text()}`);
  });
  context.on('request', (request) => {
    const url = new URL(request.url());
    if (url.protocol !== 'data:' && url.origin !== origin) wrong.push(`${page.url()} asks for ${url}`);
  });
  context.on('response', (response) => {
    if (response.status() >= 400) wrong.push(`${response.url()} answered ${response.status()}`);
  });
  page.calm = () => assert.deepEqual(wrong.splice(0), []);
  page.forgive = (pattern) => {
    const rest = wrong.splice(0).filter((one) => !pattern.test(one));
    wrong.push(...rest);
  };
  return page;
}

/** What axe finds on the page as it stands. */
export async function findings(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => axe.run(document, { iframes: false }));
  return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => node.html).join(' | ')}`);
}

/** How many pixels the page is wider than the window. */
export const overflow = (page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

export const WIDE = { width: 1280, height: 900 };
export const NARROW = { width: 390, height: 844 };

/** Light, dark and narrow: no finding, and nothing to scroll sideways for. */
export async function looksGood(page) {
  const wrong = [];
  for (const [name, colorScheme, size] of [
    ['light', 'light', WIDE],
    ['dark', 'dark', WIDE],
    ['390 px', 'light', NARROW],
  ]) {
    await page.setViewportSize(size);
    await page.emulateMedia({ colorScheme });
    for (const finding of await findings(page)) wrong.push(`${name}: ${finding}`);
    const wider = await overflow(page);
    if (wider > 0) wrong.push(`${name}: the page scrolls sideways by ${wider} px`);
  }
  await page.setViewportSize(WIDE);
  await page.emulateMedia({ colorScheme: 'light' });
  assert.deepEqual(wrong, [], new URL(page.url()).pathname + wrong.map((one) => `\n  ${one}`).join(''));
}
