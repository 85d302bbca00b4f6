// What the tests of the code field share: one browser, and short names for what they look at.
import { after, before } from 'node:test';
import { heard, open } from './browser.mjs';

export let browser;
before(async () => (browser = await open()));
after(() => browser.close());

export const FIELD = '<rift-code-input></rift-code-input>';
export const input = (page) => page.locator('rift-code-input input');
export const value = (page) => page.locator('rift-code-input').evaluate((one) => one.value);
export const shown = (page) => input(page).evaluate((one) => one.value);
export const caret = (page) => input(page).evaluate((one) => [one.selectionStart, one.selectionEnd]);
export const put = (page, from, to = from) => input(page).evaluate((one, at) => one.setSelectionRange(...at), [from, to]);
export const codes = async (page) => (await heard(page, 'rift-complete')).map(({ code }) => code);
export const alert = (page) => page.locator('rift-code-input [role=alert]').textContent();

/** A real paste: the text goes through the system's clipboard. */
export async function paste(page, text) {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.evaluate((one) => navigator.clipboard.writeText(one), text);
  await page.keyboard.press('Control+V');
}

export async function focused(body = FIELD, settings) {
  const page = await browser.page(body, settings);
  await input(page).focus();
  return page;
}
