// The page. It knows no key of the API: it talks to its own back-end alone.
const at = (id) => document.getElementById(id);
const names = { EMAIL: 'Code by e-mail', APP: 'Authenticator app', HSM: 'Security key', BACKUP: 'Backup code' };

async function call(method, path, body) {
  const answer = await fetch(path, {
    method,
    headers: body && { 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
  });
  const json = await answer.json();
  if (!answer.ok) throw new Error(json.error);
  return json;
}
const post = (path, body = {}) => call('POST', path, body);
const say = (text) => (at('status').textContent = text);

function show(name) {
  for (const id of ['password', 'second', 'home']) at(id).hidden = id !== name;
  // What was typed or touched is done with.
  at('way').replaceChildren();
  at('enrol').replaceChildren();
  at('inbox').hidden = name === 'password';
  if (name !== 'password') mail();
}

async function mail() {
  const { data } = await call('GET', '/api/inbox').catch(() => ({ data: [] }));
  at('mail').textContent = data[0]?.text ?? 'Nothing yet.';
}

async function look() {
  const me = await call('GET', '/api/me');
  if (!me.email) return show('password');
  if (!me.signedIn) return second(me);
  show('home');
  const items = me.factors.map((factor) => `${names[factor.type]}: ${factor.name ?? factor.type}`);
  if (me.backupCodes) items.push(`${me.backupCodes} backup codes`);
  at('factors').replaceChildren(
    ...(items.length ? items : ['No second factor but your e-mail yet.']).map((text) =>
      Object.assign(document.createElement('li'), { textContent: text }),
    ),
  );
}

/** Password first; then one of the ways that this user has. */
function second(me) {
  show('second');
  const buttons = [...me.ways, ...(me.backupCodes ? ['BACKUP'] : [])].map((type) => {
    const button = Object.assign(document.createElement('button'), { textContent: names[type] });
    button.dataset.way = type;
    button.setAttribute('aria-pressed', 'false');
    button.addEventListener('click', () => {
      for (const other of buttons) other.setAttribute('aria-pressed', String(other === button));
      way(type).catch((error) => say(error.message));
    });
    return button;
  });
  at('ways').replaceChildren(...buttons);
  at('way').replaceChildren();
}

async function way(type) {
  say('');
  const verify = async (code) => {
    await post('/api/second/verify', { type, code });
    say('Welcome.');
    await look();
  };
  if (type === 'HSM') {
    const key = document.createElement('rift-security-key');
    key.options = await post('/api/second/start', { type });
    at('way').replaceChildren(key);
    return answered(key, 'rift-credential', ({ credential }) => verify(credential));
  }
  const field = document.createElement('rift-code-input');
  if (type === 'BACKUP') field.setAttribute('backup', '');
  at('way').replaceChildren(field);
  answered(field, 'rift-complete', ({ code }) => verify(code));
  if (type === 'EMAIL') {
    const start = async () => {
      field.challenge = await post('/api/second/start', { type });
      await mail();
    };
    field.addEventListener('rift-resend', () => start().catch((error) => (field.error = error.message)));
    await start();
  }
  field.focus();
}

/** Runs `act` on an element's event: busy meanwhile, and its error where it fails. */
function answered(element, event, act) {
  element.addEventListener(event, async ({ detail }) => {
    element.busy = true;
    try {
      await act(detail);
    } catch (error) {
      element.busy = false;
      element.clear?.();
      element.error = error.message;
      element.focus?.();
    }
  });
}

async function enrol(type) {
  const started = await post('/api/enrol/start', { type });
  const confirm = async (code) => {
    await post('/api/enrol/confirm', { type, code });
    at('enrol').replaceChildren();
    say(`${names[type]} added.`);
    await look();
  };
  if (type === 'HSM') {
    const key = document.createElement('rift-security-key');
    key.options = started;
    at('enrol').replaceChildren(key);
    return answered(key, 'rift-credential', ({ credential }) => confirm(credential));
  }
  const picture = document.createElement('rift-qr');
  picture.enrolment = started;
  const field = document.createElement('rift-code-input');
  at('enrol').replaceChildren(picture, field);
  answered(field, 'rift-complete', ({ code }) => confirm(code));
}

at('password-form').addEventListener('submit', async (event) => {
  event.preventDefault();
  const { email, password } = Object.fromEntries(new FormData(event.target));
  try {
    await post(`/api/${event.submitter?.value ?? 'sign-in'}`, { email, password });
    say('');
    await look();
  } catch (error) {
    say(error.message);
  }
});
const press = (id, act) => at(id).addEventListener('click', () => act().catch((error) => say(error.message)));
press('add-app', () => enrol('APP'));
press('add-key', () => enrol('HSM'));
press('add-backup', async () => {
  const { count } = await post('/api/backup');
  say(`${count} backup codes are on their way to you.`);
  await look();
});
press('sign-out', async () => {
  await post('/api/sign-out');
  say('');
  await look();
});

look().catch((error) => say(error.message));
