// A back-end with passwords of its own, and Rift MFA for the second factor. Copy what you need.
//
//   RIFT_KEY=sk_test_… node examples/sign-in/server.mjs      then open http://localhost:3000
//
// Users and sessions live in memory, which an example may do; everything else is as it should be.
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { promisify } from 'node:util';
import { Rift, RiftError } from './rift.mjs';

const port = Number(process.env.PORT ?? 3000);
const rift = new Rift(process.env.RIFT_URL ?? 'http://localhost:8080', process.env.RIFT_KEY ?? '');
const hash = promisify(scrypt);

/** email → { salt, password } */
const users = new Map();
/** cookie → { email, passed: whether the second factor was shown, proof: the id of that verification } */
const sessions = new Map();

class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** One form for each address: the same person is not two users here and one there. */
const address = (text) => String(text ?? '').trim().toLowerCase();

async function rightPassword(user, password) {
  // An unknown address costs the same time as a known one.
  const { salt, password: kept } = user ?? { salt: randomBytes(16), password: randomBytes(32) };
  return timingSafeEqual(await hash(String(password), salt, 32), kept) && user !== undefined;
}

function begin(response, email) {
  const cookie = randomBytes(32).toString('base64url');
  sessions.set(cookie, { email, passed: false });
  response.setHeader('set-cookie', `session=${cookie}; HttpOnly; SameSite=Strict; Path=/`);
}

function sessionOf(request) {
  const cookie = /(?:^|; )session=([\w-]+)/.exec(request.headers.cookie ?? '')?.[1];
  return cookie && sessions.get(cookie);
}

/** Whoever has shown the password only may do nothing but show the second factor. */
function passed(session) {
  if (!session?.passed) throw new Refused(401, 'Sign in first.');
  return session;
}

async function whoIs(session) {
  if (!session) return { signedIn: false };
  const { data, backup_codes_remaining: backupCodes } = await rift.factors(session.email);
  const ways = ['EMAIL', ...new Set(data.map((factor) => factor.type))];
  return { signedIn: session.passed, email: session.email, ways, factors: data, backupCodes };
}

const calls = {
  'POST /api/sign-up': async ({ body, response }) => {
    const email = address(body.email);
    if (!/^\S+@\S+\.\S+$/.test(email)) throw new Refused(400, 'That is no e-mail address.');
    if (String(body.password ?? '').length < 8) throw new Refused(400, 'A password has 8 characters at least.');
    if (users.has(email)) throw new Refused(409, 'There is an account with this address. Sign in.');
    const salt = randomBytes(16);
    users.set(email, { salt, password: await hash(String(body.password), salt, 32) });
    begin(response, email);
    return {};
  },

  'POST /api/sign-in': async ({ body, response }) => {
    const email = address(body.email);
    if (!(await rightPassword(users.get(email), body.password))) throw new Refused(401, 'Address or password is wrong.');
    begin(response, email);
    return {};
  },

  'POST /api/sign-out': async ({ response }) => {
    response.setHeader('set-cookie', 'session=; Max-Age=0; Path=/');
    return {};
  },

  'GET /api/me': async ({ session }) => whoIs(session),

  // The second factor. EMAIL sends a code, HSM asks a key; APP needs no start.
  'POST /api/second/start': async ({ session, body }) => {
    if (!session) throw new Refused(401, 'Enter your password first.');
    return rift.start({ User: session.email, Type: body.type === 'HSM' ? 'HSM' : 'EMAIL' });
  },

  'POST /api/second/verify': async ({ session, body }) => {
    if (!session) throw new Refused(401, 'Enter your password first.');
    const type = ['EMAIL', 'APP', 'HSM', 'BACKUP'].find((known) => known === body.type);
    if (!type) throw new Refused(400, 'There is no such way.');
    const answer = await rift.verify({ User: session.email, Type: type, Code: body.code });
    // `enrolled` would be no sign-in.
    if (answer.status !== 'approved') throw new Refused(401, 'That did not verify you.');
    Object.assign(session, { passed: true, proof: answer.id });
    return whoIs(session);
  },

  // A further factor. The verification that signed the user in proves that it is not somebody with the password only.
  'POST /api/enrol/start': async ({ session, body }) => {
    const { email, proof } = passed(session);
    const type = body.type === 'HSM' ? 'HSM' : 'APP';
    const { data } = await rift.factors(email);
    return rift.start({
      User: email,
      Type: type,
      Name: type === 'APP' ? email : 'Security key',
      ...(data.length > 0 && { Enroll: true, Proof: proof }),
    });
  },

  'POST /api/enrol/confirm': async ({ session, body }) => {
    const { email } = passed(session);
    const type = body.type === 'HSM' ? 'HSM' : 'APP';
    const answer = await rift.verify({ User: email, Type: type, Code: body.code });
    if (answer.status !== 'enrolled') throw new Refused(409, 'This was no enrolment.');
    return whoIs(session);
  },

  'POST /api/backup': async ({ session }) => {
    const { email } = passed(session);
    const { count } = await rift.backup({ User: email, Type: 'EMAIL' });
    return { count };
  },

  // In test mode nothing is mailed: the page shows what would have been. Leave this out of yours.
  'GET /api/inbox': async ({ session }) => {
    if (!session) throw new Refused(401, 'Enter your password first.');
    return rift.inbox(session.email);
  },
};

const files = { '/': ['index.html', 'text/html'], '/app.js': ['app.js', 'text/javascript'], '/style.css': ['style.css', 'text/css'] };

async function read(request) {
  let text = '';
  for await (const chunk of request) {
    text += chunk;
    if (text.length > 64 * 1024) throw new Refused(413, 'Too much.');
  }
  try {
    return text ? JSON.parse(text) : {};
  } catch {
    throw new Refused(400, 'That is no JSON.');
  }
}

/** What a user can act on. The rest is for the log. */
function words(error) {
  switch (error.code) {
    case 'invalid_code':
      return error.attemptsRemaining === undefined
        ? 'That is not right.'
        : `That is not right. You have ${error.attemptsRemaining} more tries.`;
    case 'invalid_code_format':
      return 'That does not look like a code.';
    case 'code_expired':
    case 'no_pending_code':
    case 'too_many_attempts':
      return 'This code is over. Ask for a new one.';
    case 'code_already_used':
      return 'This code was used already. Wait for the next one.';
    case 'user_locked':
      return 'Too many wrong codes. Try again later, or use a backup code.';
    case 'resend_cooldown':
    case 'too_many_sends':
      return 'Please wait a little before you ask for another code.';
    case 'not_enrolled':
      return 'You have not set this up.';
    default:
      return 'Something went wrong on our side.';
  }
}

const server = createServer(async (request, response) => {
  const { pathname } = new URL(request.url, 'http://localhost');
  const send = (status, type, body) => {
    response.writeHead(status, {
      'content-type': `${type}; charset=utf-8`,
      'content-security-policy': "default-src 'self'; base-uri 'none'; frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    });
    response.end(body);
  };
  try {
    if (request.method === 'GET' && pathname in files) {
      const [name, type] = files[pathname];
      return send(200, type, await readFile(new URL(`public/${name}`, import.meta.url)));
    }
    if (request.method === 'GET' && pathname === '/elements.js') {
      return send(200, 'text/javascript', await (await fetch(`${rift.url}/elements.js`)).text());
    }
    const call = calls[`${request.method} ${pathname}`];
    if (!call) return send(404, 'application/json', '{"error":"There is no such page."}');
    const body = request.method === 'POST' ? await read(request) : {};
    const answer = await call({ body, response, session: sessionOf(request) });
    send(200, 'application/json', JSON.stringify(answer));
  } catch (error) {
    if (error instanceof RiftError) {
      if (words(error) === 'Something went wrong on our side.') console.error(error.code, error.message);
      return send(error.status < 500 ? error.status : 502, 'application/json', JSON.stringify({ error: words(error) }));
    }
    if (error instanceof Refused) return send(error.status, 'application/json', JSON.stringify({ error: error.message }));
    console.error(error.message);
    send(502, 'application/json', '{"error":"Something went wrong on our side."}');
  }
});

if (!process.env.RIFT_KEY) {
  console.error('Set RIFT_KEY to the test key that `cargo run --release` printed, or make one: rift-mfa key create --app ID --mode test');
  process.exit(2);
}
server.listen(port, '127.0.0.1', () => console.log(`The example is at http://localhost:${server.address().port}`));
