import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { packageRoot } from '../../src/package-root.ts';
import { quietEnvironment, runCli } from '../support/cli.ts';
import { startDaemon } from '../support/daemon.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { temporaryHome } from '../support/temporary-home.ts';
import { until } from '../support/until.ts';

const PASSWORD = 'hush-8d1f';
let postgres: TestPostgres;
let source: string;
beforeAll(async () => {
  postgres = await startPostgres(18);
  await postgres.query(`CREATE ROLE app LOGIN PASSWORD '${PASSWORD}'; GRANT pg_read_all_data TO app;
    CREATE TABLE orders (id int PRIMARY KEY, at timestamptz NOT NULL, total numeric(10,2));
    INSERT INTO orders SELECT g, now(), g FROM generate_series(1, 5000) g;
    CREATE TABLE odd (id int PRIMARY KEY, at timestamptz); INSERT INTO odd VALUES (1, 'infinity'); ANALYZE`);
  source = postgres.url.replace('postgres@', 'app@');
});
afterAll(() => postgres[Symbol.asyncDispose]());

const command = (home: string, ...args: string[]) => ['migrate', 'pg-to-clickhouse', '--home', home, ...args];

it('a dry run prints the plan, counts what would be lost, and writes nothing', async () => {
  const home = path.join(temporaryHome(), 'home');
  const { code, stdout, stderr } = await runCli(command(home, '--source', source, '--dry-run'));
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('--allow-lossy') });
  expect(stdout).toMatch(/"public"\."orders" → orders \(new\) +about 5,000 rows/);
  expect(stdout).toMatch(/total +Nullable\(Decimal\(10, 2\)\) +total numeric\(10,2\)/);
  expect(stdout).toContain(
    'at: infinity and times before 1900 or after 2299 become the nearest that can be held — 1 row would lose',
  );
  expect(fs.existsSync(home)).toBe(false);
  const json = await runCli(command(home, '--source', source, '--dry-run', '--json'));
  const plan = JSON.parse(json.stdout) as { schema: string; tables: { create: string }[] };
  expect(plan.schema).toBe('trackflow.migration-plan/1');
  expect(plan.tables.map(({ create }) => create.split('\n')[0])).toEqual([
    'CREATE TABLE IF NOT EXISTS `odd`',
    'CREATE TABLE IF NOT EXISTS `orders`',
  ]);
});

it('where no daemon runs the command is one itself, and no password of the source stays anywhere', async () => {
  const home = temporaryHome();
  const { code, stdout, stderr } = await runCli(command(home, '--source', source, '--json'), {
    env: { PGPASSWORD: PASSWORD },
  });
  expect({ code, stderr }).toEqual({ code: 65, stderr: expect.stringContaining('it runs as part of this command') });
  const report = JSON.parse(stdout) as { schema: string; tables: { target: string; state: string; rows: number }[] };
  expect(report).toMatchObject({
    schema: 'trackflow.migration/1',
    consistent: true,
    tables: [
      { target: 'odd', state: 'failed', error: expect.stringContaining('at: 1 rows') },
      { target: 'orders', state: 'verified', rows: 5_000 },
    ],
  });
  expect(stderr).toContain('"schema":"trackflow.migration-progress/1"');
  expect(fs.existsSync(path.join(home, 'run', 'daemon.json'))).toBe(false);
  const files = fs.readdirSync(home, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  expect(files.length).toBeGreaterThan(5);
  const holding = files.filter((entry) => fs.readFileSync(path.join(entry.parentPath, entry.name)).includes(PASSWORD));
  expect(holding.map(({ name }) => name)).toEqual([]);
  expect(stdout + stderr).not.toContain(PASSWORD);
});

it.skipIf(process.platform !== 'linux')(
  'a password that was typed does not stand in the list of processes',
  async () => {
    const silent = net.createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as net.AddressInfo;
    const connected = once(silent, 'connection') as Promise<[net.Socket]>;
    const program = path.join(packageRoot(), 'bin', 'trackflow.js');
    const typed = `postgres://app:${PASSWORD}@127.0.0.1:${port}/x`;
    const child = spawn(process.execPath, [program, ...command(temporaryHome(), '--source', typed, '--dry-run')], {
      env: quietEnvironment(),
      stdio: 'ignore',
    });
    const exited = once(child, 'exit');
    try {
      const [socket] = await connected;
      const listed = fs.readFileSync(`/proc/${child.pid}/cmdline`, 'utf8');
      expect(listed).not.toContain(PASSWORD);
      expect(listed).toContain('trackflow migrate');
      socket.destroy();
    } finally {
      child.kill('SIGKILL');
      await exited;
      silent.close();
    }
  },
);

it('a running daemon does it as a task that shows, and --resume goes on after a kill with what is mended', async () => {
  await using daemon = await startDaemon();
  const file = path.join(daemon.home, 'source');
  fs.writeFileSync(file, source.replace('app@', `app:${PASSWORD}@`), { mode: 0o600 });
  const first = await runCli(command(daemon.home, '--source-file', file));
  expect(first.code).toBe(65);
  expect(first.stdout).toMatch(/"public"\."orders" +orders +verified +5,000/);
  expect(first.stdout).toMatch(/"public"\."odd": "public"\."odd" has values that odd cannot hold/);
  const listed = await runCli(['tasks', 'list', '--home', daemon.home]);
  expect(listed.stdout).toMatch(/migrate +failed .*1 of 2 tables are not verified/);
  await daemon.kill();
  await daemon.start();
  await postgres.query(`UPDATE odd SET at = '2026-01-01'`);
  const second = await runCli(command(daemon.home, '--source-file', file, '--resume'));
  expect({ code: second.code, stdout: second.stdout }).toEqual({
    code: 0,
    stdout: expect.stringContaining('verified: 5,001 rows of 2 tables'),
  });
  expect(await daemon.query('SELECT toUInt32(count()) AS rows FROM orders')).toEqual([{ rows: 5_000 }]);
  expect((await runCli(command(daemon.home, '--source-file', file, '--resume'))).code).toBe(65);
  expect((await runCli(command(daemon.home, '--source-file', file, '--verify-only'))).code).toBe(0);
  await postgres.query('UPDATE orders SET total = total + 1 WHERE id = 17');
  const compared = await runCli(command(daemon.home, '--source-file', file, '--verify-only'));
  expect(compared).toMatchObject({
    code: 78,
    stdout: expect.stringMatching(
      /orders" +orders +differs[\s\S]*blocks 0 to \d+ of "public"."orders": the checksums differ/,
    ),
  });
  await postgres.query(`UPDATE odd SET at = 'infinity'`);
});

it('--follow goes on with new rows by key, also those whose transaction ended late, until interrupted', async () => {
  await using daemon = await startDaemon();
  await postgres.query(
    'CREATE TABLE feed (id int PRIMARY KEY, v text); INSERT INTO feed SELECT g FROM generate_series(1, 100) g WHERE g <> 50; ANALYZE feed',
  );
  // Under way before and after the copy, with a key that others have gone past.
  const early = await postgres.session();
  await early.query('BEGIN; INSERT INTO feed VALUES (50)');
  let interrupt = () => {};
  const once = new Promise<void>((resolve) => {
    interrupt = resolve;
  });
  const running = runCli(command(daemon.home, '--source', source, '--table', 'feed', '--follow'), {
    env: { PGPASSWORD: PASSWORD },
    interrupt: { once, signal: 'SIGINT' },
  });
  const stored = async () =>
    (await daemon.query<{ rows: number }>('SELECT toUInt32(count()) AS rows FROM feed'))[0]!.rows;
  await until(async () => (await stored().catch(() => 0)) === 99, 60_000);
  await until(
    async () =>
      (await daemon.control.tasks()).tasks.some(({ detail }) => (detail as { phase?: string })?.phase === 'following'),
    60_000,
  );
  await early.query('COMMIT');
  await early.end();
  await until(async () => (await stored()) === 100, 60_000);
  const late = await postgres.session();
  await late.query('BEGIN; INSERT INTO feed VALUES (101)');
  await postgres.query(`INSERT INTO feed VALUES (102), (103)`);
  // While one is under way nobody can tell which keys come still.
  await until(
    async () =>
      (await daemon.control.tasks()).tasks.some(({ detail }) => (detail as { lagRows?: number })?.lagRows === 2),
    60_000,
  );
  expect(await stored()).toBe(100);
  await late.query('COMMIT');
  await late.end();
  await until(async () => (await stored()) === 103, 60_000);
  interrupt();
  const { code, stderr } = await running;
  expect({ code, stderr }).toEqual({ code: 130, stderr: expect.stringContaining('--resume') });
  expect(await daemon.query('SELECT toUInt32(uniqExact(id)) AS ids FROM feed')).toEqual([{ ids: 103 }]);
  await postgres.query('DROP TABLE feed');
});

it.each([
  [['--source', 'mysql://x/y'], 2, 'no address of a PostgreSQL database'],
  [[], 2, '--source names it'],
  [['--source', 'postgres://app@127.0.0.1:1/x'], 69, '127.0.0.1:1'],
  [['--source', 'SOURCE', '--table', 'nope'], 65, 'the source has no table "nope"'],
  [['--source', 'SOURCE', '--preset', 'umami'], 65, 'website_event'],
  [['--source', 'SOURCE', '--table', 'odd', '--follow', '--chunk', '5'], 2, '1000'],
])('%j ends with %i and says why', async (args, exit, why) => {
  const { code, stderr } = await runCli(command(temporaryHome(), ...args.map((arg) => arg.replace('SOURCE', source))));
  expect({ code, stderr }).toEqual({ code: exit, stderr: expect.stringContaining(why) });
});
