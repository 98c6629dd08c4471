import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/package-root.ts';

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** A signal to send once something has happened. */
  readonly interrupt?: { readonly once: Promise<unknown>; readonly signal: NodeJS.Signals };
}

/** Runs the built `bin/trackflow.js` as a person would: what it prints where, and how it exits. */
export function runCli(args: readonly string[], { env = {}, input, interrupt }: CliOptions = {}): Promise<CliResult> {
  const program = join(packageRoot(), 'bin', 'trackflow.js');
  if (!existsSync(join(packageRoot(), 'dist', 'build.sha256'))) {
    throw new Error('these tests run what is built: use `npm test`, or `node bin/checkout.js build` before vitest');
  }
  const child = spawn(process.execPath, [program, ...args], { env: { ...quietEnvironment(), ...env } });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
  void interrupt?.once.then(() => child.kill(interrupt.signal));
  child.stdin.end(input ?? '');
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** Ours without what would change the outcome: settings, colours, debugging. */
export function quietEnvironment(): Record<string, string> {
  const dropped = /^(TRACKFLOW_|FORCE_COLOR|NO_COLOR|DEBUG|NODE_OPTIONS|VITEST)/;
  return Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => !dropped.test(entry[0])),
  );
}
