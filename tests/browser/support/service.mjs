// The real program on the embedded default, in a folder of its own, as a new user starts it.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const run = promisify(execFile);
const program = resolve(
  process.env.RIFT_BIN ?? fileURLToPath(new URL('../../../target/debug/rift-mfa', import.meta.url)),
);

export const free = () =>
  new Promise((done) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });

/** Waits until a program has printed what fits `pattern`; its whole text until then. */
function printed(child, pattern) {
  let text = '';
  return new Promise((done, fail) => {
    const hear = (chunk) => {
      text += chunk;
      if (pattern.test(text)) done(text);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.on('error', fail);
    child.on('exit', (code) => fail(new Error(`${program} ended with ${code}: ${text}`)));
  });
}

/** A first start: where it is, the one-time link of its greeting, and its command line. */
export async function start() {
  assert.ok(existsSync(program), `There is no ${program}: run cargo build, or name one in RIFT_BIN.`);
  const folder = mkdtempSync(join(tmpdir(), 'rift-dashboard-'));
  const [api, ops] = [await free(), await free()];
  const origin = `http://localhost:${api}`;
  const env = {
    ...process.env,
    RIFT_HTTP__LISTEN: `127.0.0.1:${api}`,
    RIFT_HTTP__OPS_LISTEN: `127.0.0.1:${ops}`,
    RIFT_HTTP__PUBLIC_URL: origin,
    RIFT_LOG__LEVEL: 'warn',
  };
  const child = spawn(program, [], { cwd: folder, env });
  const greeting = await printed(child, /The key ring is /);
  const link = /Sign in\s+(http\S+)/.exec(greeting)?.[1];
  assert.ok(link?.startsWith(`${origin}/dashboard/link/`), greeting);
  const cli = async (...words) => {
    const { stdout } = await run(program, [...words, '--json'], { cwd: folder, env });
    return JSON.parse(stdout);
  };
  const close = async () => {
    child.removeAllListeners('exit');
    const ended = new Promise((done) => child.once('exit', done));
    child.kill();
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  return { origin, link, cli, close, folder };
}

/** A call of an API as a back-end makes it. */
export async function call(origin, key, method, path, body) {
  const answer = await fetch(origin + path, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
  });
  const told = await answer.json();
  assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${JSON.stringify(told)}`);
  return told;
}
