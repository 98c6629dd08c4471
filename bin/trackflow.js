#!/usr/bin/env node
// The entry of the command. Read by whatever Node is first in PATH, so it stays plain JavaScript and imports nothing
// that an old one lacks before the version is known.
import { isNewEnough, NODE_MIN_TEXT } from './node-version.js';

if (isNewEnough(process.versions.node)) await runCommand();
else await runWithBundledNode();

async function runCommand() {
  const { existsSync } = await import('node:fs');
  if (!existsSync(new URL('../dist/commands', import.meta.url))) {
    console.error('trackflow: this checkout is not built yet. Run `npm start`, which builds it.');
    process.exit(1);
  }
  process.stdout.on('error', endQuietlyWhenReaderLeft);
  process.stderr.on('error', endQuietlyWhenReaderLeft);
  const { execute } = await import('@oclif/core');
  await execute({ dir: import.meta.url });
}

// `trackflow query … | head` closes our stdout: that is the reader's choice, no failure of ours.
function endQuietlyWhenReaderLeft(error) {
  if (error.code !== 'EPIPE') throw error;
  process.exit(process.exitCode ?? 0);
}

async function runWithBundledNode() {
  const { existsSync } = await import('node:fs');
  const { fileURLToPath } = await import('node:url');
  const bundled = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url));
  if (existsSync(bundled)) {
    const { mirror } = await import('./mirror.js');
    mirror(bundled, [fileURLToPath(import.meta.url), ...process.argv.slice(2)]);
    return;
  }
  console.error(
    `trackflow: needs Node ${NODE_MIN_TEXT} or newer, this is ${process.versions.node}. ` +
      'In a checkout run `npm start`, which brings its own; otherwise install a newer Node: https://nodejs.org/en/download',
  );
  process.exit(1);
}
