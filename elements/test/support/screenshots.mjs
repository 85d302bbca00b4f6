// Takes the pictures of the README, into screenshots/. Look at them after a change of the style sheets.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { open } from './browser.mjs';

const enrolment = JSON.parse(await readFile(new URL('enrolment.json', import.meta.url), 'utf8'));
const only = process.argv[2];
const browser = await open();
const style = `<style>
  html { color-scheme: light dark; background: light-dark(#f4f6fa, #0f131b); font: 16px/1.5 system-ui, sans-serif; }
  body { margin: 0; padding: 28px 16px; display: grid; place-items: center; }
  main { box-sizing: border-box; inline-size: min(100%, 416px); padding: 32px; border-radius: 20px;
    background: light-dark(#fff, #171c26); border: 1px solid light-dark(#e3e7ee, #2a3240); display: grid; gap: 24px; }
  @media (max-width: 400px) { main { padding: 20px 16px; } }
</style>`;
const request = { challenge: 'AAAA', rpId: 'localhost' };
const create = { challenge: 'AAAA', rp: { name: 'Demo' }, user: { id: 'AAAA', name: 'a', displayName: 'a' }, pubKeyCredParams: [] };

const hint = 'hint="We sent it to j•••@test.rift.dev"';
const shots = {
  qr: ['<rift-qr></rift-qr>', (e) => (document.querySelector('rift-qr').enrolment = e)],
  'qr-phone': ['<rift-qr></rift-qr>', (e) => (document.querySelector('rift-qr').enrolment = e), { hasTouch: true, isMobile: true, viewport: { width: 320, height: 700 } }],
  'code-input': [
    `<rift-code-input ${hint}></rift-code-input>`,
    () => {
      const field = document.querySelector('rift-code-input');
      field.value = '424';
      field.resendAfter = new Date(Date.now() + 24500);
      field.focus();
    },
  ],
  'code-input-states': [
    `<rift-code-input id="a" error="That code is not right. You have 4 tries left."></rift-code-input>
     <rift-code-input id="b" busy></rift-code-input><rift-code-input id="d" disabled></rift-code-input>
     <rift-code-input length="10" id="e"></rift-code-input><rift-code-input backup id="c"></rift-code-input>`,
    () => {
      for (const id of 'abd') document.getElementById(id).value = '424242';
      document.getElementById('c').value = '3-7KQ2M-9XD4-TPBW';
      document.getElementById('e').value = '0123456789';
    },
  ],
  'code-input-320': [
    `<rift-code-input ${hint} resend-after="2020-01-01T00:00:00Z"></rift-code-input><rift-code-input length="10"></rift-code-input><rift-code-input backup></rift-code-input>`,
    () => document.querySelectorAll('rift-code-input').forEach((one, at) => (one.value = ['123456', '0123456789', '3-7KQ2M-9XD4-TPBW'][at])),
    { viewport: { width: 320, height: 640 } },
  ],
  'code-input-rtl': [
    `<rift-code-input dir="rtl" label="رمز من 6 أرقام" hint="أرسلناه إلى بريدك" resend-after="2020-01-01T00:00:00Z"></rift-code-input>`,
    () => {
      document.documentElement.dir = 'rtl';
      document.querySelector('rift-code-input').value = '4242';
      document.querySelector('rift-code-input').focus();
    },
  ],
  'security-key': ['<rift-security-key></rift-security-key>', (_, get) => (document.querySelector('rift-security-key').options = get)],
  'security-key-states': [
    '<rift-security-key id="a"></rift-security-key><rift-security-key id="b" busy></rift-security-key><rift-security-key id="c" error="This key is already set up. Use another one."></rift-security-key>',
    (_, get, create) => {
      for (const id of 'abc') document.getElementById(id).options = id === 'a' ? create : get;
      document.getElementById('a').focus();
    },
  ],
};

for (const [name, [body, fill, settings = {}]] of Object.entries(shots)) {
  if (only && !name.startsWith(only)) continue;
  for (const colorScheme of ['light', 'dark']) {
    const page = await browser.page(body, {
      head: style,
      context: { colorScheme, deviceScaleFactor: 2, reducedMotion: 'reduce', viewport: { width: 480, height: 100 }, ...settings },
    });
    await page.evaluate(`(${fill})(${JSON.stringify(enrolment)}, ${JSON.stringify(request)}, ${JSON.stringify(create)})`);
    if (name.startsWith('qr')) await page.evaluate(() => window.until('rift-ready'));
    if (page.complaints.length) throw new Error(page.complaints.join('\n'));
    const path = fileURLToPath(new URL(`../../screenshots/${name}-${colorScheme}.png`, import.meta.url));
    await page.screenshot({ path, fullPage: true, caret: 'initial' });
    await page.context().close();
  }
}
await browser.close();
