// Builds dist/rift-elements.js: one minified ES module, the same bytes on every machine with the pinned esbuild.
// The service embeds that file, so it is committed; test/unit/dist.test.mjs fails when it is older than src/.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build, transform } from 'esbuild';

const here = new URL('./', import.meta.url);
export const output = fileURLToPath(new URL('dist/rift-elements.js', here));

/** Style sheets become minified strings inside the module, for constructable style sheets. */
export const css = {
  name: 'css',
  setup({ onLoad }) {
    onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { code } = await transform(await readFile(path, 'utf8'), { loader: 'css', minify: true, target: 'es2022' });
      return { contents: code.trim(), loader: 'text' };
    });
  },
};

/** Bundles, and gives the text without writing it. */
export async function bundle() {
  const { outputFiles } = await build({
    absWorkingDir: fileURLToPath(here),
    entryPoints: ['src/index.ts'],
    bundle: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    charset: 'utf8',
    legalComments: 'none',
    banner: { js: '/*! @rift-mfa/elements, Apache-2.0 */' },
    plugins: [css],
    write: false,
  });
  return outputFiles[0].text;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await writeFile(output, await bundle());
}
