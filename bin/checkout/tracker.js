/**
 * The files that browsers load, in dist/tracker: `trackflow.js` and one module for each option, as small as they get, and
 * `index.js` with its types for sites that bundle their own scripts. What an operator may rename stays a word in braces,
 * which `src/snippet/tracker-files.ts` replaces.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const SOURCES = join('src', 'tracker');
/** Names as they stand in the attribute `data-options`. */
const OPTIONS = {
  404: 'not-found',
  clicks: 'clicks',
  engagement: 'engagement',
  forms: 'forms',
  links: 'links',
  vitals: 'vitals',
};
const WORDS = {
  PREFIX: '"{prefix}"',
  COLLECT: '"{collect}"',
  OPTION_FILES: '"{options}"',
  // A number, for terser to put where it is used.
  DEDUP_MS: '4242424242',
};
const TARGET = 'es2020';

/**
 * Throws with the messages of esbuild, terser or tsc.
 * @param {string} root the checkout
 * @param {string} folder where to write; is created
 * @param {(project: string, outDir: string) => Promise<void>} compile runs tsc
 */
export async function buildTracker(root, folder, compile) {
  mkdirSync(folder, { recursive: true });
  const tools = await load(root);
  const write = (name, text) => writeFileSync(join(folder, name), text);
  write('trackflow.js', await minified(tools, join(root, SOURCES, 'script.ts'), 'iife'));
  for (const [name, file] of Object.entries(OPTIONS)) {
    write(`${name}.js`, await minified(tools, join(root, SOURCES, 'options', `${file}.ts`), 'esm'));
  }
  write('index.js', await bundled(tools, join(root, SOURCES, 'index.ts'), 'esm'));
  await compile(join(SOURCES, 'tsconfig.build.json'), folder);
}

/** They are in the checkout's own node_modules, which may have been put there a moment ago. */
async function load(root) {
  const { resolve } = createRequire(join(root, 'package.json'));
  const [esbuild, terser] = await Promise.all(
    ['esbuild', 'terser'].map((name) => import(pathToFileURL(resolve(name)).href)),
  );
  return { esbuild, terser };
}

async function bundled({ esbuild }, entry, format) {
  const { outputFiles } = await esbuild.build({
    entryPoints: [entry],
    bundle: true,
    format,
    target: TARGET,
    define: WORDS,
    minifySyntax: true,
    write: false,
    logLevel: 'silent',
    // The checkout's settings are those of the daemon.
    tsconfigRaw: '{}',
  });
  return outputFiles[0].text;
}

/** esbuild bundles; terser gives nested functions the same short names again and again, which packs better. */
async function minified(tools, entry, format) {
  const text = await bundled(tools, entry, format);
  const { code } = await tools.terser.minify(text, {
    ecma: 2020,
    module: format === 'esm',
    toplevel: true,
    compress: { passes: 3, unsafe: true, unsafe_arrows: true },
  });
  return code;
}
