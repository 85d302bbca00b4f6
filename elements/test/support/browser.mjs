// One headless Chromium for a test file, and a server on 127.0.0.1 for its pages. Needs Debian's `chromium`, or the
// path of a Chromium in CHROMIUM.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { chromium } from 'playwright-core';

const file = (path) => new URL(`../../${path}`, import.meta.url);

export const STRICT =
  "default-src 'none'; script-src 'self'; base-uri 'none'; form-action 'self'; require-trusted-types-for 'script'";

function executable() {
  const found = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
    (path) => path && existsSync(path),
  );
  if (!found) throw new Error('No Chromium: install it (Debian: apt-get install chromium), or name one in CHROMIUM.');
  return found;
}

/** Serves the built module, axe, and whatever a test puts into `pages`. */
async function serve() {
  const pages = new Map();
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    if (pathname === '/elements.js') {
      response.setHeader('content-type', 'text/javascript');
      response.end(await readFile(file('dist/rift-elements.js')));
    } else if (pages.has(pathname)) {
      const answer = pages.get(pathname);
      if (typeof answer === 'function') return answer(request, response);
      for (const [name, value] of Object.entries(answer.headers)) response.setHeader(name, value);
      response.end(answer.body);
    } else {
      response.statusCode = 404;
      response.end();
    }
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return { pages, server, origin: `http://localhost:${server.address().port}` };
}

export async function open() {
  const { pages, server, origin } = await serve();
  const browser = await chromium.launch({
    executablePath: executable(),
    args: ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-component-update', '--disable-sync'],
    chromiumSandbox: false,
  });
  let count = 0;

  /** A new page with `body`, the elements loaded. What the page's console complains of is in `page.complaints`. */
  async function page(body, { context: settings = {}, csp, before, html = 'lang="en"', head = '', clock } = {}) {
    const context = await browser.newContext({ viewport: { width: 480, height: 640 }, ...settings });
    const made = await context.newPage();
    made.setDefaultTimeout(10_000);
    made.complaints = [];
    made.on('pageerror', (error) => made.complaints.push(String(error)));
    made.on('console', (line) => {
      if (line.type() === 'error') made.complaints.push(line.text());
    });
    if (clock) await made.clock.install({ time: clock });
    if (before) await made.addInitScript(before);
    // Every event of ours lands in window.heard, in order.
    await made.addInitScript(() => {
      window.heard = [];
      for (const type of ['ready', 'input', 'complete', 'resend', 'credential', 'error']) {
        addEventListener(`rift-${type}`, (event) => {
          const { cause, ...detail } = event.detail ?? {};
          window.heard.push({ ...detail, type: `rift-${type}` });
        });
      }
      window.until = (type) =>
        new Promise((done, fail) => {
          // A deadline, so that an event that never comes is a failure with words and not a hang.
          setTimeout(() => fail(new Error(`no ${type}; heard ${JSON.stringify(window.heard)}`)), 10_000);
          const past = window.heard.find((one) => one.type === type);
          if (past) done(past);
          else addEventListener(type, () => done(window.heard.at(-1)), { once: true });
        });
    });
    const path = `/page-${++count}`;
    pages.set(path, {
      headers: { 'content-type': 'text/html; charset=utf-8', ...(csp && { 'content-security-policy': csp }) },
      body:
        `<!doctype html><html ${html}><head><meta charset="utf-8"><title>Test</title>` +
        `<meta name="viewport" content="width=device-width, initial-scale=1">${csp ? '' : '<link rel="icon" href="data:,">'}${head}` +
        `<script type="module" src="/elements.js"></script></head><body><main>${body}</main></body></html>`,
    });
    await made.goto(origin + path);
    await made.evaluate(() =>
      Promise.all(['rift-qr', 'rift-code-input', 'rift-security-key'].map((name) => customElements.whenDefined(name))),
    );
    return made;
  }

  async function close() {
    await browser.close();
    await new Promise((done) => server.close(done));
  }

  return { page, close, browser, pages, origin };
}

/** What the page heard of one kind. */
export const heard = (page, type) => page.evaluate((kind) => window.heard.filter((one) => one.type === kind), type);
