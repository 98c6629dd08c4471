import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openStateDatabase } from '../../../daemon/state/database.ts';
import { packageRoot } from '../../../src/package-root.ts';
import { fill, holdsTheSame, Writer } from '../../src/migrate/changing-table.ts';
import { runCli } from '../../support/cli.ts';
import { startEngine, type TestEngine } from '../../support/engine.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';
import { seededRandom, testSeed } from '../../support/seed.ts';
import { temporaryHome } from '../../support/temporary-home.ts';
import { until } from '../../support/until.ts';

const KILLS = 8;
const KILL_WITHIN_MS = 1_500;
const WAIT_MS = 120_000;

let clickhouse: TestEngine;
let postgres: TestPostgres;
beforeAll(async () => {
  [clickhouse, postgres] = await Promise.all([
    startEngine({ migrated: false }),
    startPostgres(18, { settings: { wal_level: 'logical' } }),
  ]);
  await fill(postgres, 'kept', 5_000);
});
afterAll(async () => {
  await postgres[Symbol.asyncDispose]();
  await clickhouse.stop();
});

it(`a migration that follows the log and is killed ${KILLS} times has applied every change once`, async () => {
  const seed = testSeed();
  const random = seededRandom(seed);
  const folder = temporaryHome();
  const params = { ...PARAMS, source: postgres.url, tables: ['kept'] };
  fs.writeFileSync(path.join(folder, 'job.json'), JSON.stringify({ endpoint: clickhouse.endpoint, params }));
  let child = start(folder);
  await until(() => isFollowing(folder), WAIT_MS);
  const writer = new Writer(postgres, 'kept');
  for (let kill = 0; kill < KILLS; kill++) {
    await new Promise((resolve) => setTimeout(resolve, random() * KILL_WITHIN_MS));
    await kill9(child);
    child = start(folder);
  }
  await writer.end();
  await until(() => holdsTheSame(postgres, 'kept', clickhouse, 'kept'), WAIT_MS);
  const found = await clickhouse.query<{ rows: number; ids: number }>(
    'SELECT toUInt32(count()) AS rows, toUInt32(uniqExact(id)) AS ids FROM kept',
  );
  expect({ seed, rows: found[0]!.rows }).toEqual({ seed, rows: found[0]!.ids });
  await kill9(child);
  const args = ['migrate', 'pg-to-clickhouse', '--home', temporaryHome(), '--source', postgres.url, '--drop-slots'];
  let dropped = await runCli(args);
  // The source may not have noticed yet that nobody reads.
  await until(async () => {
    if (dropped.stdout.includes('trackflow_migrate_')) return true;
    dropped = await runCli(args);
    return false;
  }, WAIT_MS);
  expect(dropped).toMatchObject({ code: 0, stdout: expect.stringMatching(/^dropped trackflow_migrate_\d+\n$/) });
  expect(await postgres.query('SELECT slot_name FROM pg_replication_slots')).toEqual([]);
  expect(await postgres.query('SELECT pubname FROM pg_publication')).toEqual([]);
}, 300_000);

const PARAMS = {
  ...{ preset: 'generic', into: null, map: null, since: null, account: '', parallel: 2, chunkRows: 1_000 },
  ...{ bytesPerSecond: null, route: 'pipe', allowLossy: false, follow: true },
};

function start(folder: string): ChildProcess {
  const program = path.join(import.meta.dirname, 'migrating-process.ts');
  return spawn(process.execPath, [program, folder], { stdio: ['ignore', 'ignore', 'inherit'] });
}

async function kill9(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

function isFollowing(folder: string): boolean {
  const file = path.join(folder, 'state.db');
  if (!fs.existsSync(file)) return false;
  const db = openStateDatabase(file, path.join(packageRoot(), 'schema', 'state'));
  try {
    return db.prepare(`SELECT count(*) FROM migrations WHERE log LIKE '%"isFollowing":true%'`).pluck().get() === 1;
  } finally {
    db.close();
  }
}
