/**
 * How long it takes until a container answers, and how fast data moves from one engine to another. `npm run bench:engine`, as
 * root where Docker is installed; about two minutes. Prints two tables.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { copyRows } from '../../daemon/move/copy.ts';
import { partitionsOf, sumsOf } from '../../daemon/move/sums.ts';
import { movedTables } from '../../daemon/move/tables.ts';
import { openClickHouse } from '../../src/clickhouse/client.ts';
import { runCli } from '../support/cli.ts';
import { STAND_IN, startTestDocker } from '../support/docker.ts';
import { startEngine, type TestEngine } from '../support/engine.ts';
import { execute, storeMany } from '../support/many-events.ts';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const ROWS = Number(process.env.BENCH_ROWS ?? 1_000_000);

process.stdout.write(`${os.cpus()[0]?.model ?? 'unknown'}, ${os.availableParallelism()} cores\n\n`);
await starts();
await moves();

async function starts(): Promise<void> {
  const docker = await startTestDocker();
  if (docker === null) {
    process.stdout.write('no Docker here\n\n');
    return;
  }
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'trackflow-bench-'));
  const cli = (...args: string[]) => runCli([...args, '--home', home], { env: { DOCKER_HOST: docker.host } });
  const timed = async (...args: string[]) => {
    const begunAt = performance.now();
    const { code, stderr } = await cli(...args);
    if (code !== 0) throw new Error(stderr);
    return (performance.now() - begunAt) / 1_000;
  };
  const start = ['start', '--engine', 'docker', '--image', STAND_IN, '--port', '0'];
  const fresh: number[] = [];
  const again: number[] = [];
  try {
    for (let round = 0; round < ROUNDS; round++) {
      fresh.push(await timed(...start));
      await timed('stop');
      again.push(await timed(...start));
      await timed('stop');
      docker.clear();
    }
  } finally {
    await cli('stop', '--force');
    await docker.stop();
    fs.rmSync(home, { recursive: true, force: true });
  }
  process.stdout.write(
    '| `trackflow start --engine docker` until it is ready, seconds | median | slowest |\n|---|---|---|\n',
  );
  process.stdout.write(
    `| container made, image present | ${figures(fresh)} |\n| container there, stopped | ${figures(again)} |\n\n`,
  );
}

async function moves(): Promise<void> {
  const [here, there] = await Promise.all([startEngine(), startEngine()]);
  const ends = { from: openClickHouse(here.endpoint, 'writer'), to: openClickHouse(there.endpoint, 'writer') };
  const { signal } = new AbortController();
  try {
    await storeMany(here.endpoint, 0, ROWS);
    const table = (await movedTables(ends.from, ends.to)).tables[0]!;
    const partitions = [...(await partitionsOf(ends.from, table.name)).keys()];
    const each = async (work: (partition: string) => Promise<unknown>) => {
      await execute(there.endpoint, 'TRUNCATE TABLE events');
      const begunAt = performance.now();
      for (const partition of partitions) await work(partition);
      return (performance.now() - begunAt) / 1_000;
    };
    const columns = table.columns.join(', ');
    const clear = async () => {};
    const ways: [string, number][] = [
      [
        'Native over HTTP, as `engine move` does',
        await each((one) => copyRows(ends, table, one, {}, { clear, signal })),
      ],
      ['`INSERT … SELECT FROM remote()` over the native port', await each((one) => pull(here, there, columns, one))],
      [
        'counting and hashing whole rows of one side',
        await each((one) => sumsOf(ends.from, table, one, 'whole', signal)),
      ],
      ['the same of numbers, times and ids', await each((one) => sumsOf(ends.from, table, one, 'quick', signal))],
    ];
    process.stdout.write(
      `| ${ROWS.toLocaleString('en')} rows in ${partitions.length} partitions | seconds | rows/s |\n|---|---|---|\n`,
    );
    for (const [name, seconds] of ways) {
      process.stdout.write(
        `| ${name} | ${seconds.toFixed(1)} | ${Math.round(ROWS / seconds).toLocaleString('en')} |\n`,
      );
    }
  } finally {
    await Promise.all([ends.from.close(), ends.to.close()]);
    await Promise.all([here.stop(), there.stop()]);
  }
}

/** The target asks the source for the rows itself, with blocks of the same size. */
async function pull(here: TestEngine, there: TestEngine, columns: string, partition: string): Promise<void> {
  const { tcpPort } = JSON.parse(fs.readFileSync(path.join(here.home, 'run/engine.json'), 'utf8')) as {
    tcpPort: number;
  };
  const { user, password } = here.endpoint.writer;
  await execute(
    there.endpoint,
    `INSERT INTO events (${columns}) SELECT ${columns}
     FROM remote('127.0.0.1:${tcpPort}', 'trackflow', 'events', '${user}', '${password}') WHERE _partition_id = '${partition}'
     SETTINGS max_threads = 2, max_block_size = 65536, min_insert_block_size_rows = 65536, max_insert_threads = 1`,
  );
}

function figures(seconds: readonly number[]): string {
  const sorted = seconds.toSorted((a, b) => a - b);
  return `${sorted[Math.floor(sorted.length / 2)]!.toFixed(1)} | ${sorted.at(-1)!.toFixed(1)}`;
}
