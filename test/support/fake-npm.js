// Stands in for npm where a test is about installing: "installs" a Node, a compiler, bundlers, oclif and vitest that say what they
// were asked. FAKE_NPM=fail fails, FAKE_NPM=hang never ends. Every call adds a line to calls.log of the checkout.
import { appendFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const TSC = `
const fs = require('node:fs');
const out = process.argv[process.argv.indexOf('--outDir') + 1];
// The types of the tracker, which no test is about.
if (process.argv[process.argv.indexOf('-p') + 1] !== 'tsconfig.build.json') process.exit(0);
fs.appendFileSync('calls.log', 'tsc\\n');
for (const folder of ['commands', 'daemon', 'src']) fs.cpSync(folder, out + '/' + folder, { recursive: true });
if (fs.readdirSync('src').includes('broken.ts')) { console.log('src/broken.ts(1,1): error TS1'); process.exit(2); }
`;

const OCLIF = `
export class Plugin { manifest = { commands: {} }; async load() {} }
export async function execute() {
  const [command, ...args] = process.argv.slice(2);
  if (args[0] === 'die') process.kill(process.pid, 'SIGTERM');
  console.log(command, ...args);
  if (args[0] === 'exit') process.exit(Number(args[1]));
}
`;

const ESBUILD = `exports.build = async () => ({ outputFiles: [{ text: '' }] });`;
const TERSER = `exports.minify = async (code) => ({ code });`;

const prefix = process.argv[process.argv.indexOf('--prefix') + 1];
const checkout = resolve(prefix, '..', '..');
const log = join(checkout, 'calls.log');
appendFileSync(log, 'npm\n');

if (process.env.FAKE_NPM === 'fail') {
  console.error('npm error code E404');
  process.exit(1);
}
const modules = join(prefix, 'node_modules');
write('half-installed', '');
if (process.env.FAKE_NPM === 'hang') hangWhileParentLives(process.ppid);
else installAll();

function hangWhileParentLives(parent) {
  setInterval(() => process.ppid === parent || process.exit(1), 100);
}

function installAll() {
  mkdirSync(join(modules, '.bin'));
  symlinkSync(process.execPath, join(modules, '.bin', 'node'));
  write('typescript/bin/tsc', TSC);
  write('typescript/package.json', '{}');
  write('esbuild/index.js', ESBUILD);
  write('terser/index.js', TERSER);
  write('vitest/vitest.mjs', 'console.log("vitest", ...process.argv.slice(2)); process.exit(7);');
  write('@oclif/core/package.json', '{"type":"module","exports":"./index.js"}');
  write('@oclif/core/index.js', OCLIF);
}

function write(path, text) {
  mkdirSync(join(modules, path, '..'), { recursive: true });
  writeFileSync(join(modules, path), text);
}
