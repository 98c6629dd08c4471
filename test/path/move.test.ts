import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { packageRoot } from '../../src/package-root.ts';
import { type CliResult, runCli } from '../support/cli.ts';
import { startDaemon, type TestDaemon } from '../support/daemon.ts';
import { STAND_IN, startTestDocker } from '../support/docker.ts';
import { startEngine, type TestEngine } from '../support/engine.ts';
import { endpointOf, execute, storeMany } from '../support/many-events.ts';
import { faults, NO_FAULTS, Oracle } from '../support/oracle.ts';
import { seededRandom, testSeed } from '../support/seed.ts';

const TEST_MS_MAX = 600_000;
const FEW = 2_000;
const MANY = 1_000_000;

const docker = await startTestDocker();
afterAll(() => docker?.stop());

let home: string;
let daemon: TestDaemon;
let servers: TestEngine[];
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'trackflow-move-'));
  servers = [];
  const environment = { ...(docker && { DOCKER_HOST: docker.host }), TRACKFLOW_ENGINE_MEMORY_BYTES_MAX: '768MiB' };
  // What the test compares by is a hash of everything, of a million rows.
  daemon = await startDaemon({ home, environment, settings: { 'query.timeoutMs': 300_000 } });
});
afterEach(async () => {
  await daemon[Symbol.asyncDispose]();
  await Promise.all(servers.map((server) => server.stop()));
  docker?.clear();
  rmSync(home, { recursive: true, force: true, maxRetries: 50, retryDelay: 100 });
});

function cli(...args: readonly string[]): Promise<CliResult> {
  return runCli([...args, '--home', home], { env: docker === null ? {} : { DOCKER_HOST: docker.host } });
}

interface Report {
  readonly changed: boolean;
  readonly rows: number;
  readonly partitions: number;
  readonly old: { readonly where: string; readonly remove: string } | null;
}

async function move(...args: readonly string[]): Promise<Report> {
  const { code, stdout, stderr } = await cli('engine', 'move', ...args, '--json');
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}\n${stdout}\n${stderr}\n${daemon.log()}`);
  return JSON.parse(stdout) as Report;
}

/** Flags of a move into a server of its own. */
async function server(): Promise<string[]> {
  const engine = await startEngine({ migrated: false });
  servers.push(engine);
  const passwordFile = join(home, `password-${servers.length}`);
  writeFileSync(passwordFile, engine.endpoint.writer.password, { mode: 0o600 });
  const { url, writer } = engine.endpoint;
  return ['--to', 'url', '--engine-url', url, '--engine-user', writer.user, '--engine-password-file', passwordFile];
}

/** Rows, and what they add up to, as the daemon's engine of now has them; `texts` takes time with a million of them. */
async function held(texts = true): Promise<unknown> {
  const json = texts ? ', toJSONString(properties)' : '';
  const [row] = await daemon.query(
    `SELECT toUInt32(count()) AS rows, toString(sum(cityHash64(event_id, occurred_at, url, revenue, batch${json}))) AS sum
     FROM events WHERE account = 'many'`,
  );
  return row;
}

async function arrives(count: number): Promise<void> {
  const answer = await daemon.post(Array.from({ length: count }, () => ({ name: 'later', account: 'later' })));
  expect(answer.status).toBe(202);
  await daemon.drained();
}

describe('trackflow engine move', { timeout: TEST_MS_MAX }, () => {
  test('from embedded to a server and back, the old data kept, and no way back by accident', async () => {
    await storeMany(endpointOf(home), 0, FEW);
    const before = await held();
    const to = await server();
    const plan = JSON.parse((await cli('engine', 'move', ...to, '--dry-run', '--json')).stdout) as object;
    expect(plan).toMatchObject({
      changed: false,
      rows: FEW,
      partitions: 4,
      to: { kind: 'url' },
      notes: ['the server answers'],
    });
    expect(existsSync(join(home, 'trackflow.json'))).toBe(false);
    const report = await move(...to);
    expect(report).toMatchObject({ changed: true, rows: FEW, partitions: 4 });
    expect(report.old).toEqual({ where: join(home, 'clickhouse'), remove: `rm -r ${join(home, 'clickhouse')}` });
    expect((await daemon.status()).engine).toMatchObject({ kind: 'url', state: 'ready' });
    expect(await held()).toEqual(before);
    await arrives(3);
    expect(await move(...to)).toMatchObject({ changed: false });

    // The old data is there, and neither a flag nor a move finds it by accident.
    expect(existsSync(join(home, 'clickhouse', 'store'))).toBe(true);
    const refused = await cli('engine', 'move', '--to', 'embedded', '--json');
    expect(JSON.parse(refused.stdout)).toMatchObject({
      error: { message: expect.stringContaining(`${FEW} rows already`) },
    });
    await daemon.stop();
    const astray = await cli('start', '--engine', 'embedded', '--json');
    expect(JSON.parse(astray.stdout)).toMatchObject({ error: { code: 'TF_CONFIG', exit: 64 } });
    rmSync(join(home, 'clickhouse'), { recursive: true });
    await daemon.start();
    expect((await daemon.status()).engine.kind).toBe('url');
    expect(await move('--to', 'embedded')).toMatchObject({ changed: true, rows: FEW + 3 });
    expect(await held()).toEqual(before);
    await arrives(2);
    expect(await daemon.query('SELECT toUInt32(count()) AS n FROM events')).toEqual([{ n: FEW + 5 }]);
  });

  test('says what cannot be before anything is done, and leaves the engine serving', async () => {
    await storeMany(endpointOf(home), 0, 10);
    const failure = async (...args: string[]) => {
      const { code, stdout } = await cli('engine', 'move', ...args, '--json');
      const { error } = JSON.parse(stdout) as { error: { code: string; exit: number; message: string } };
      expect(error.exit).toBe(code);
      return error;
    };
    expect(await failure('--to', 'url')).toMatchObject({ code: 'TF_CONFIG' });
    expect(await failure('--to', 'embedded', '--image', 'x')).toMatchObject({ code: 'TF_USAGE' });
    const to = await server();
    const full = servers[0]!.endpoint;
    await execute({ ...full, database: 'default' }, 'CREATE DATABASE IF NOT EXISTS trackflow');
    await execute(full, 'CREATE TABLE somebodys (n UInt8) ENGINE = MergeTree ORDER BY n');
    await execute(full, 'INSERT INTO somebodys VALUES (1)');
    expect(await failure(...to)).toMatchObject({ message: expect.stringContaining('holds 1 rows already') });
    await execute(full, 'DROP DATABASE trackflow');
    expect(await move(...to)).toMatchObject({ rows: 10 });
  });

  test('ends with 78 when both sides differ, and the engine of before goes on', async () => {
    await storeMany(endpointOf(home), 0, 100);
    const to = await server();
    const { endpoint } = servers[0]!;
    // Somebody's table of the same name rounds what it is given.
    await execute({ ...endpoint, database: 'default' }, 'CREATE DATABASE IF NOT EXISTS trackflow');
    const schema = readFileSync(join(packageRoot(), 'schema/clickhouse/0001-events.sql'), 'utf8');
    await execute(endpoint, schema.replace('Decimal(18, 4)', 'Decimal(18, 0)').replace(/;\s*$/, ''));
    const { code, stdout } = await cli('engine', 'move', ...to, '--json');
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'TF_VERIFICATION', exit: 78 } });
    expect(code).toBe(78);
    expect((await daemon.status()).engine).toMatchObject({ kind: 'embedded', state: 'ready' });
    await arrives(1);
    await execute(endpoint, 'DROP DATABASE trackflow');
    expect(await move(...to)).toMatchObject({ rows: 101 });
  });
});

describe.skipIf(docker === null)('trackflow engine move with a container', { timeout: TEST_MS_MAX }, () => {
  test('a million rows into a container while events come, and on into a server', async () => {
    await storeMany(endpointOf(home), 0, MANY);
    const before = await held(false);
    const seed = testSeed();
    const oracle = new Oracle({ account: 'oracle', url: () => daemon.url, random: seededRandom(seed), retry: true });
    oracle.start();
    const report = await move('--to', 'docker', '--image', STAND_IN);
    await oracle.stop();
    expect(report.rows).toBeGreaterThanOrEqual(MANY);
    const status = await daemon.drained();
    expect(status.engine).toMatchObject({ kind: 'docker', container: { status: 'running' } });
    expect(await held(false)).toEqual(before);
    const verdict = await oracle.verdict(daemon);
    expect({ seed, ...faults(verdict) }).toEqual({ seed, ...NO_FAULTS });
    expect(verdict.acknowledged).toBeGreaterThan(0);
    expect(docker!.containers()).toHaveLength(1);

    // The rest of the way is not about size.
    await daemon.stop();
    await daemon.start();
    const { httpPort, writerPassword } = JSON.parse(readFileSync(join(home, 'run/engine.json'), 'utf8')) as {
      httpPort: number;
      writerPassword: string;
    };
    const container = { ...endpointOf(home), url: `http://127.0.0.1:${httpPort}` };
    expect(container.writer.password).toBe(writerPassword);
    await execute(container, 'TRUNCATE TABLE events');
    await storeMany(container, 0, FEW);
    const few = await held();
    const [name] = docker!.containers();
    const moved = await move(...(await server()));
    expect(moved).toMatchObject({ rows: FEW, old: { where: `Docker volume ${name}` } });
    expect(moved.old!.remove).toContain(`engine down --purge --yes --confirm=${name}`);
    expect(await held()).toEqual(few);
    expect(docker!.inspect(name!, '.State.Status')).toBe('exited');
    const purged = await cli('engine', 'down', '--purge', '--yes', `--confirm=${name}`);
    expect(purged.code).toBe(0);
    expect(docker!.containers()).toEqual([]);
  });

  test('from a container back into the daemon', async () => {
    await storeMany(endpointOf(home), 0, FEW);
    const before = await held();
    await move('--to', 'docker', '--image', STAND_IN);
    rmSync(join(home, 'clickhouse'), { recursive: true });
    await arrives(4);
    expect(await move('--to', 'embedded')).toMatchObject({ changed: true, rows: FEW + 4 });
    expect((await daemon.status()).engine.kind).toBe('embedded');
    expect(await held()).toEqual(before);
    await arrives(1);
    expect((await cli('engine', 'status')).stdout).toContain('embedded');
  });
});
