import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { bundle, output } from '../../build.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));

test('dist/rift-elements.js is what src/ builds to, twice the same', async () => {
  const built = await readFile(output, 'utf8');
  assert.equal(await bundle(), await bundle());
  assert.ok(built === (await bundle()), 'dist/rift-elements.js is stale: run `npm run build` and commit it.');
});

test('the module is at most 12 KiB, gzipped', async () => {
  const size = gzipSync(await readFile(output), { level: 9 }).length;
  console.log(`${size} bytes of 12288`);
  assert.ok(size <= 12 * 1024, `${size} bytes`);
});

test('an import on a server, without a DOM, does no harm', async () => {
  const module = await import(output);
  assert.deepEqual(Object.keys(module).sort(), ['RiftCodeInput', 'RiftQr', 'RiftSecurityKey']);
  assert.equal(module.RiftSecurityKey.supported, false);
});

test('the package has no dependency at run time, and holds the module, its types, the licence and the README', async () => {
  const manifest = JSON.parse(await readFile(`${root}package.json`, 'utf8'));
  assert.equal(manifest.dependencies, undefined);
  for (const version of Object.values(manifest.devDependencies)) assert.match(version, /^\d+\.\d+\.\d+$/);
  await promisify(execFile)('npx', ['--no-install', 'tsc', '-p', 'tsconfig.json'], { cwd: root });
  const { stdout } = await promisify(execFile)('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: root });
  const files = JSON.parse(stdout)[0].files.map(({ path }) => path);
  for (const path of ['dist/rift-elements.js', 'dist/types/index.d.ts', 'LICENSE', 'README.md', 'package.json']) {
    assert.ok(files.includes(path), path);
  }
  assert.ok(files.every((path) => /^(dist\/|LICENSE$|README\.md$|package\.json$)/.test(path)), files.join('\n'));
});
