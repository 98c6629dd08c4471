import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { packageRoot } from '../../src/package-root.ts';
import { temporaryHome } from '../support/temporary-home.ts';

const NPM = fileURLToPath(new URL('../support/fake-npm.js', import.meta.url));

/** A fresh checkout: our `bin/`, a few sources, a lock file, nothing installed. */
function freshCheckout(): string {
  const root = temporaryHome();
  cpSync(join(packageRoot(), 'bin'), join(root, 'bin'), { recursive: true });
  for (const folder of ['commands', 'daemon', 'src']) {
    mkdirSync(join(root, folder));
    writeFileSync(join(root, folder, 'one.ts'), '');
  }
  writeFileSync(join(root, 'package.json'), '{"type":"module"}');
  for (const name of ['tsconfig.json', 'tsconfig.build.json']) writeFileSync(join(root, name), '{}');
  writeFileSync(join(root, 'package-lock.json'), '{"packages":{"":{},"node_modules/x":{"version":"1.0.0"}}}');
  writeFileSync(join(root, '.npmrc'), '');
  return root;
}

function start(root: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [join(root, 'bin', 'checkout.js'), ...args], {
    cwd: root,
    env: { ...process.env, npm_execpath: NPM, ...env },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  let errors = '';
  child.stdout.on('data', (text) => (output += text));
  child.stderr.on('data', (text) => (errors += text));
  const ended = new Promise<{ code: number | null; signal: string | null; output: string; errors: string }>((resolve) =>
    child.once('close', (code, signal) => resolve({ code, signal, output, errors })),
  );
  return { child, ended };
}

const run = (...args: Parameters<typeof start>) => start(...args).ended;
const calls = (root: string): string[] => readFileSync(join(root, 'calls.log'), 'utf8').trimEnd().split('\n');

describe('npm start in a checkout', () => {
  it('installs and builds once, then only runs, and passes flags on', async () => {
    const root = freshCheckout();
    const first = await run(root, ['start', '--home', 'a b']);
    expect(first).toMatchObject({ code: 0, output: 'start --home a b\n' });
    expect(first.errors.split('\n')).toEqual([expect.stringContaining('installing'), 'trackflow: building', '']);
    expect(await run(root, ['start'])).toMatchObject({ code: 0, output: 'start\n', errors: '' });
    expect(calls(root)).toEqual(['npm', 'tsc']);
  });

  it('ends as the program ends: exit code or signal', async () => {
    const root = freshCheckout();
    expect((await run(root, ['start', 'exit', '75'])).code).toBe(75);
    expect((await run(root, ['start', 'die'])).signal).toBe('SIGTERM');
    expect(await run(root, ['test', '-t', 'x'])).toMatchObject({ code: 7, output: 'vitest run -t x\n' });
  });

  it('builds again when a source changed, and keeps nothing of one that is gone', async () => {
    const root = freshCheckout();
    await run(root, ['build']);
    writeFileSync(join(root, 'src', 'two.ts'), 'two');
    await run(root, ['build']);
    expect(readdirSync(join(root, 'dist', 'src'))).toEqual(['one.ts', 'two.ts']);
    rmSync(join(root, 'src', 'two.ts'));
    await run(root, ['build']);
    expect(readdirSync(join(root, 'dist', 'src'))).toEqual(['one.ts']);
    expect(calls(root)).toEqual(['npm', 'tsc', 'tsc', 'tsc']);
  });

  it('installs again when the lock file changed', async () => {
    const root = freshCheckout();
    await run(root, ['build']);
    writeFileSync(join(root, 'package-lock.json'), '{"packages":{"node_modules/y":{"version":"1.0.0"}}}');
    await run(root, ['build']);
    expect(calls(root).filter((call) => call === 'npm')).toHaveLength(2);
  });

  it('leaves the last build when a new one fails, shows why, and builds once it is mended', async () => {
    const root = freshCheckout();
    await run(root, ['build']);
    writeFileSync(join(root, 'src', 'broken.ts'), '');
    const failed = await run(root, ['start']);
    expect(failed).toMatchObject({ code: 1, output: '' });
    expect(failed.errors).toContain('src/broken.ts(1,1): error TS1');
    expect(readdirSync(join(root, 'dist', 'src'))).toEqual(['one.ts']);
    rmSync(join(root, 'src', 'broken.ts'));
    expect((await run(root, ['start'])).code).toBe(0);
  });

  it('shows why an installation failed, and tries again the next time', async () => {
    const root = freshCheckout();
    const failed = await run(root, ['start'], { FAKE_NPM: 'fail' });
    expect(failed.code).toBe(1);
    expect(failed.errors).toContain('npm error code E404');
    expect(existsSync(join(root, 'node_modules'))).toBe(false);
    expect((await run(root, ['start'])).code).toBe(0);
  });

  it('never takes a killed installation for a complete one, and waits for nobody who is gone', async () => {
    const root = freshCheckout();
    const { child, ended } = start(root, ['start'], { FAKE_NPM: 'hang' });
    const work = join(root, '.trackflow', `install-${child.pid}`, 'node_modules');
    await expect.poll(() => existsSync(join(work, 'half-installed')), { timeout: 20_000 }).toBe(true);
    child.kill('SIGKILL');
    child.stdout.destroy();
    child.stderr.destroy();
    await ended;
    expect(existsSync(join(root, 'node_modules'))).toBe(false);
    expect(await run(root, ['start'])).toMatchObject({ code: 0, output: 'start\n' });
    expect(existsSync(join(root, 'node_modules', 'half-installed'))).toBe(true);
  });

  it('installs and builds once when several begin at the same time', async () => {
    const root = freshCheckout();
    const results = await Promise.all(Array.from({ length: 4 }, () => run(root, ['start'])));
    expect(results.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    expect(calls(root)).toEqual(['npm', 'tsc']);
    expect(readdirSync(join(root, '.trackflow'))).toEqual([]);
  });

  it('refuses an action it does not know', async () => {
    expect((await run(freshCheckout(), ['deploy'])).code).toBe(2);
  });
});

describe('bin/trackflow.js under an old Node', () => {
  const asOldNode = (root: string): Promise<{ code: number | null; output: string; errors: string }> => {
    writeFileSync(join(root, 'old.mjs'), "Object.defineProperty(process.versions, 'node', { value: '20.20.2' });");
    const child = spawn(process.execPath, ['--import', './old.mjs', 'bin/trackflow.js', 'status', '--json'], {
      cwd: root,
    });
    let [output, errors] = ['', ''];
    child.stdout.on('data', (text) => (output += text));
    child.stderr.on('data', (text) => (errors += text));
    return new Promise((resolve) => child.once('close', (code) => resolve({ code, output, errors })));
  };

  it('runs with the Node of the checkout where that is installed', async () => {
    const root = freshCheckout();
    await run(root, ['build']);
    expect(await asOldNode(root)).toMatchObject({ code: 0, output: 'status --json\n', errors: '' });
  });

  it('says what to do where it is not', async () => {
    const { code, errors } = await asOldNode(freshCheckout());
    expect(code).toBe(1);
    expect(errors).toContain('needs Node 22.22 or newer, this is 20.20.2');
    expect(errors).toContain('npm start');
  });
});
