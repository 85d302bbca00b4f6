// Every page that a member can come to: found by following the links, so that a new page needs no entry here.
import { call } from './service.mjs';

/** Puts something on every page: challenges of each end, users with factors, templates, providers, webhooks, members. */
export async function furnish(service) {
  const { data: orgs } = await service.cli('org', 'list');
  const org = orgs[0].id;
  const { secret } = await service.cli('key', 'create', '--org', org, '--scopes', 'all', '--name', 'tests');
  const manage = (method, path, body) => call(service.origin, secret, method, `/v1/manage${path}`, body);
  const app = (await manage('GET', '/apps')).data[0].id;
  const key = (await manage('POST', `/apps/${app}/keys`, { mode: 'test', name: 'checkout server' })).secret;
  const old = await manage('POST', `/apps/${app}/keys`, { mode: 'live', name: 'an old one' });
  await manage('DELETE', `/apps/${app}/keys/${old.id}`);
  const api = (method, path, body) => call(service.origin, key, method, `/v1/mfa${path}`, body);
  for (const user of ['jane@test.rift.dev', 'joe@test.rift.dev', 'mia@test.rift.dev']) {
    await api('POST', '', { User: user, Type: 'EMAIL', Reference: 'order-4711' });
  }
  await api('POST', '/verify', { User: 'jane@test.rift.dev', Type: 'EMAIL', Code: '424242' });
  await api('POST', '/verify', { User: 'joe@test.rift.dev', Type: 'EMAIL', Code: '111111' }).catch(() => {});
  await api('POST', '', { User: '+12125550123', Type: 'SMS' });
  await api('POST', '/verify', { User: '+12125550123', Type: 'SMS', Code: '424242' });
  await api('POST', '', { User: 'jane@test.rift.dev', Type: 'APP', Name: 'Pixel 8' }).catch(() => {});
  await api('POST', '/backup', { User: 'mia@test.rift.dev', Type: 'EMAIL' }).catch(() => {});
  await manage('POST', `/apps/${app}/webhooks`, {
    mode: 'test', url: 'https://hooks.example.com/mfa', events: ['*'], description: 'to the data warehouse',
  });
  await manage('PUT', `/apps/${app}/providers/sms`, {
    providers: [{ kind: 'twilio', account_sid: 'AC0123456789abcdef0123456789abcdef', auth_token: 'hidden-token-6001', from: '+15005550006' }],
  });
  await manage('POST', '/members', { email: 'grace@example.com', role: 'developer', name: 'Grace' });
  const gone = await manage('POST', '/apps', { name: 'Summer Fair' });
  await manage('DELETE', `/apps/${gone.id}`);
  await manage('POST', '/apps', { name: 'Empty Stand' });
  return { app, key };
}

/** The kind of a page: its address with every id alike. Queries but the mode are other looks at the same page. */
function kind(url) {
  const path = url.pathname.replace(/\b(app|key|ork|mem|mfa|msg|whk|fac|ses)_[0-9a-z]{26}\b/g, '$1').replace(/templates\/.*/, 'templates/one');
  return `${path}${url.searchParams.get('mode') === 'live' ? '?mode=live' : ''}`;
}

/** Calls `look` on each page once, deleted things aside. Says which there were. */
export async function tour(page, origin, first, look) {
  const waiting = [...first];
  const known = new Set();
  while (waiting.length > 0) {
    const url = new URL(waiting.shift(), origin);
    if (known.has(kind(url))) continue;
    known.add(kind(url));
    await page.goto(url.href);
    await look(page, kind(url));
    const links = await page.evaluate(() => [...document.querySelectorAll('a[href]:not([download])')].map((link) => link.href));
    for (const link of links) {
      const to = new URL(link);
      to.hash = '';
      // A file is no page.
      if (to.origin === origin && to.pathname.startsWith('/dashboard') && !to.pathname.endsWith('/export')) waiting.push(to.href);
    }
  }
  return [...known];
}
