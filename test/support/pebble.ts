import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { freePort } from './free-port.ts';
import { selfSignedFiles } from './openssl.ts';
import { available } from './requirement.ts';
import { until } from './until.ts';

/** Pebble, the ACME server that Let's Encrypt tests clients with, and its DNS server: the Debian package `pebble`. */
export const hasPebble = () =>
  available('pebble', () => {
    execFileSync('sh', ['-c', 'command -v pebble && command -v pebble-challtestsrv'], { stdio: 'ignore' });
    return true;
  });

export interface Pebble {
  readonly directoryUrl: string;
  /** Root that the directory itself is trusted by. */
  readonly caFile: string;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts one that finds every name on this machine, and proves it on these ports. */
export async function startPebble(folder: string, ports: { http: number; tls: number }): Promise<Pebble> {
  const { certFile, keyFile } = selfSignedFiles(path.join(folder, 'pebble'));
  const [directory, management, dns, dnsManagement] = await Promise.all([
    freePort(),
    freePort(),
    freePort(),
    freePort(),
  ]);
  const configFile = path.join(folder, 'pebble.json');
  const config = {
    listenAddress: `127.0.0.1:${directory}`,
    managementListenAddress: `127.0.0.1:${management}`,
    certificate: certFile,
    privateKey: keyFile,
    httpPort: ports.http,
    tlsPort: ports.tls,
    ocspResponderURL: '',
    externalAccountBindingRequired: false,
  };
  fs.writeFileSync(configFile, JSON.stringify({ pebble: config }));
  const names = run('pebble-challtestsrv', [
    ...['-defaultIPv4', '127.0.0.1', '-defaultIPv6', '', '-dns01', `127.0.0.1:${dns}`],
    ...['-management', `127.0.0.1:${dnsManagement}`, '-http01', '', '-https01', '', '-tlsalpn01', ''],
  ]);
  const server = run('pebble', ['-config', configFile, '-dnsserver', `127.0.0.1:${dns}`]);
  await until(() => server.output().includes('Listening on'), 20_000);
  return {
    directoryUrl: `https://127.0.0.1:${directory}/dir`,
    caFile: certFile,
    async [Symbol.asyncDispose]() {
      await Promise.all([end(server.child), end(names.child)]);
    },
  };
}

function run(program: string, args: readonly string[]): { readonly child: ChildProcess; output(): string } {
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PEBBLE_VA_NOSLEEP: '1' },
  });
  let text = '';
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.on('data', (chunk) => {
      text = (text + chunk).slice(-100_000);
    });
  }
  return { child, output: () => text };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await exited;
}
