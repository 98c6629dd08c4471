/**
 * `npm run bench:migrate`: a table of PostgreSQL into ClickHouse, in turn by
 *
 * - (a) the engine's single `INSERT … SELECT * FROM postgresql(…)`, which verifies nothing,
 * - (b) `psql -c 'COPY … TO STDOUT' | curl` into an HTTP insert, which verifies nothing,
 * - (c) the chunks of a migration without their verification, and
 * - (d) `trackflow migrate pg-to-clickhouse` as it is, every chunk verified on both sides,
 *
 * into the engine of one daemon, all into tables of the same structure. `BENCH_ROWS` (5 million), `BENCH_ROUNDS` (2; the best
 * counts). Needs psql and curl. Memory is the peak of resident memory of each process, CPU that of a way with all that it starts,
 * both from `/proc`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type ClickHouse, openClickHouse } from '../../src/clickhouse/client.ts';
import type { Endpoint } from '../../src/clickhouse/endpoint.ts';
import { batchOf } from '../../src/migrate/chunk.ts';
import { CHUNK_BYTES_MAX, CHUNK_ROWS } from '../../src/migrate/chunk-size.ts';
import { ClickHouseTarget } from '../../src/migrate/clickhouse/target.ts';
import type { TablePlan } from '../../src/migrate/column.ts';
import { parseAddress } from '../../src/migrate/postgres/address.ts';
import { PostgresSource } from '../../src/migrate/postgres/source.ts';
import { planPostgres } from '../../src/migrate/postgres-migration.ts';
import { runWorkers } from '../../src/migrate/workers.ts';
import { quietEnvironment } from '../support/cli.ts';
import { startDaemon, type TestDaemon } from '../support/daemon.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';

const ROWS = Number(process.env.BENCH_ROWS ?? 5_000_000);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 2);
const PARALLEL = 2;
const LONG_MS = 600_000;
/** In which `/proc` counts CPU. */
const TICKS_PER_SECOND = 100;

interface Result {
  readonly seconds: number;
  readonly memory: string;
}

/** Seconds of CPU so far. */
interface Cpu {
  readonly postgres: number;
  readonly engine: number;
  /** Ours: the bench with what it has started and waited for, and the daemon without its engine. */
  readonly ours: number;
}

await using postgres = await startPostgres(18, {
  settings: { shared_buffers: '1GB', max_wal_size: '4GB', max_parallel_workers_per_gather: '0' },
});
await postgres.query(
  `CREATE TABLE visits AS SELECT g::bigint AS id, (random() * 1e6)::int AS page, md5(g::text) AS token, 'user' || (g % 1000) AS name,
     timestamptz '2024-01-01' + g * interval '1.234567 s' AS created_at, (random() * 1000)::numeric(12,2) AS amount, random() AS ratio, g % 3 = 0 AS bot,
     CASE WHEN g % 10 <> 0 THEN 'https://shop.example/' || g % 500 END AS url, gen_random_uuid() AS session FROM generate_series(1, ${ROWS}) g`,
);
await postgres.query('ALTER TABLE visits ADD PRIMARY KEY (id)');
await postgres.query('VACUUM ANALYZE visits');
await using daemon = await startDaemon();
const endpoint = endpointOf(daemon);
const client = openClickHouse(endpoint, 'writer');
const access = { address: parseAddress(postgres.url).address, password: null };
const plan = await planPostgres(access, {
  preset: 'generic',
  tables: ['visits'],
  into: null,
  map: null,
  since: null,
  account: '',
});
const table = plan.tables[0]!;

const ways: Readonly<Record<string, (name: string) => Promise<Result>>> = {
  '(a) one INSERT … SELECT FROM postgresql()': (name) => singleInsert(client, postgres, name),
  '(b) psql COPY, curl, HTTP insert': (name) => pipe(endpoint, postgres, name),
  '(c) chunks, unverified': (name) => chunks({ ...table, target: name }),
  '(d) trackflow migrate, verified': (name) => command(daemon, postgres, name),
};
const best = new Map<string, Result & { readonly cpu: Cpu }>();
for (let round = 0; round < ROUNDS; round++) {
  for (const [index, [way, run]] of Object.entries(ways).entries()) {
    const name = `bench_${index}_${round}`;
    // The command makes its table itself.
    if (!way.startsWith('(d)')) await client.command(table.create!.replace('`visits`', name));
    const before = await cpu();
    const result = await run(name);
    const after = await cpu();
    const [count] = await client.query<{ rows: number }>(`SELECT toUInt32(count()) AS rows FROM ${name}`);
    if (count!.rows !== ROWS) throw new Error(`${way}: ${count!.rows} rows of ${ROWS}`);
    await client.command(`DROP TABLE ${name} SYNC`);
    if (result.seconds < (best.get(way)?.seconds ?? Number.POSITIVE_INFINITY))
      best.set(way, {
        ...result,
        cpu: {
          postgres: after.postgres - before.postgres,
          engine: after.engine - before.engine,
          ours: after.ours - before.ours,
        },
      });
  }
}
await client.close();
print();

async function singleInsert(server: ClickHouse, { port }: TestPostgres, name: string): Promise<Result> {
  const { columns } = table;
  const names = columns.map((column) => column.name).join(', ');
  const seconds = await timed(() =>
    server.command(
      `INSERT INTO ${name} (${names}) SELECT ${names} FROM postgresql('127.0.0.1:${port}', 'test', 'visits', 'postgres', '') SETTINGS session_timezone = 'UTC'`,
      {},
      { timeoutMs: LONG_MS },
    ),
  );
  return { seconds, memory: '–' };
}

async function pipe({ url, writer }: Endpoint, source: TestPostgres, name: string): Promise<Result> {
  const values = table.columns.map(({ name: column, asIs }) => asIs?.value ?? `"${column}"`).join(', ');
  const names = table.columns.map((column) => column.name).join(', ');
  const query = encodeURIComponent(`INSERT INTO ${name} (${names}) FORMAT TabSeparated`);
  const to = `${url}/?user=${writer.user}&password=${writer.password}&database=trackflow&query=${query}`;
  const script = `psql "$1" -X -q -c "COPY (SELECT ${values.replaceAll('"', '\\"')} FROM visits t) TO STDOUT" | curl -sS --fail -X POST -T - "$2"`;
  const child = spawn('bash', ['-o', 'pipefail', '-c', script, 'bash', source.url, to], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, PGOPTIONS: '-c timezone=UTC' },
  });
  const seconds = await timed(async () => {
    const [code] = await once(child, 'exit');
    if (code !== 0) throw new Error(`the pipe ended with ${code}`);
  });
  return { seconds, memory: '–' };
}

async function chunks(plan: TablePlan): Promise<Result> {
  const source = new PostgresSource(access);
  const target = new ClickHouseTarget({
    client: openClickHouse(endpoint, 'writer'),
    job: 1,
    ready: async () => {},
    source: null,
  });
  const signal = new AbortController().signal;
  let cursor = { part: 0, from: null as string | null };
  let ordinal = 0;
  const seconds = await timed(() =>
    runWorkers(
      { source, target, parallel: PARALLEL, signal, onRetry: (error) => void process.stderr.write(`${error}\n`) },
      async (reader) => {
        const range = await reader.carve(plan, cursor, { rows: CHUNK_ROWS * 2, bytes: CHUNK_BYTES_MAX });
        if (range === null) return null;
        cursor = { part: range.part, from: range.to };
        ordinal++;
        const batch = batchOf(1, ordinal, 1);
        return (latest) => target.insert(plan, batch, latest.rows(plan, range, 'as is'), signal);
      },
    ),
  );
  await source.close();
  await target.close();
  return { seconds, memory: `${megabytes(process.pid)} (the bench itself)` };
}

async function command({ home, pid }: TestDaemon, source: TestPostgres, name: string): Promise<Result> {
  const program = path.join(import.meta.dirname, '..', '..', 'bin', 'trackflow.js');
  fs.writeFileSync(`/proc/${pid}/clear_refs`, '5');
  const args = [
    'migrate',
    'pg-to-clickhouse',
    '--home',
    home,
    '--source',
    source.url,
    '--table',
    'visits',
    '--into',
    name,
  ];
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: quietEnvironment(),
  });
  let said = '';
  let peak = '';
  child.stderr.on('data', (text) => {
    said = `${said}${text}`.slice(-4_000);
  });
  const watch = setInterval(() => {
    if (child.exitCode === null) peak = megabytes(child.pid!);
  }, 50);
  const seconds = await timed(async () => {
    const [code] = await once(child, 'exit');
    if (code !== 0) throw new Error(`the migration ended with ${code}: ${said}`);
  });
  clearInterval(watch);
  return { seconds, memory: `${peak} command, ${megabytes(pid)} daemon` };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return (performance.now() - begun) / 1_000;
}

async function cpu(): Promise<Cpu> {
  const [backend] = await postgres.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const postmaster = statOf(backend!.pid).parent;
  const all = fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => ({ pid: Number(pid), ...statOf(Number(pid)) }));
  const below = (parent: number) => all.filter((one) => one.parent === parent).reduce((sum, { own }) => sum + own, 0);
  const engine = all.filter((one) => one.parent === daemon.pid).reduce((sum, one) => sum + one.own, 0);
  const { own, waited } = statOf(process.pid);
  return {
    postgres: statOf(postmaster).waited + below(postmaster),
    engine,
    ours: own + waited + statOf(daemon.pid).own,
  };
}

/** Of a process that may have ended: then nothing. */
function statOf(pid: number): { readonly parent: number; readonly own: number; readonly waited: number } {
  let text = '';
  try {
    text = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return { parent: 0, own: 0, waited: 0 };
  }
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const seconds = (at: number) => (fields[at]! + fields[at + 1]!) / TICKS_PER_SECOND;
  return { parent: fields[1]!, own: seconds(11), waited: seconds(13) };
}

function megabytes(pid: number): string {
  const kilobytes = /VmHWM:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return `${Math.round(Number(kilobytes) / 1_024)} MB`;
}

function endpointOf({ home }: TestDaemon): Endpoint {
  const kept = JSON.parse(fs.readFileSync(path.join(home, 'run', 'engine.json'), 'utf8')) as {
    httpPort: number;
    writerPassword: string;
  };
  const user = { user: 'trackflow', password: kept.writerPassword };
  return { url: `http://127.0.0.1:${kept.httpPort}`, database: 'trackflow', writer: user, reader: user };
}

function print(): void {
  const lines = [
    `${os.cpus()[0]!.model}, ${os.availableParallelism()} cores, Node ${process.version}; ${ROWS.toLocaleString('en-US')} rows of 10 columns, best of ${ROUNDS}`,
    '',
  ];
  lines.push(
    '| | seconds | rows/s | beside (a) | CPU seconds: PostgreSQL, engine, ours | peak memory |',
    '|---|---|---|---|---|---|',
  );
  const base = best.values().next().value!.seconds;
  for (const [way, { seconds, memory, cpu: used }] of best) {
    lines.push(
      `| ${way} | ${seconds.toFixed(1)} | ${Math.round(ROWS / seconds).toLocaleString('en-US')} | ${(base / seconds).toFixed(2)} | ${used.postgres.toFixed(1)}, ${used.engine.toFixed(1)}, ${used.ours.toFixed(1)} | ${memory} |`,
    );
  }
  process.stdout.write(`${lines.join('\n')}\n`);
}
