// Loads a module of src/ into Node, through the bundler that builds dist/.
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { css } from '../../build.mjs';

export async function load(name) {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(`../../src/${name}`, import.meta.url))],
    bundle: true,
    format: 'esm',
    target: 'es2022',
    plugins: [css],
    write: false,
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
}
