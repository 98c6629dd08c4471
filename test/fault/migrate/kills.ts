/**
 * A migration of two million rows that is killed two hundred times, and then compared bit for bit:
 *
 *     node test/fault/migrate/kills.ts [kills] [rows]
 *
 * `TRACKFLOW_TEST_SEED` replays a run. Ends with 1 when a row is missing, doubled or altered.
 */
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startEngine } from '../../support/engine.ts';
import { startPostgres } from '../../support/postgres.ts';
import { seededRandom, testSeed } from '../../support/seed.ts';
import { makeTable, migrateUnderKills, wholeTable } from './killed-migration.ts';

const kills = Number(process.argv[2] ?? 200);
const rows = Number(process.argv[3] ?? 2_000_000);
const seed = testSeed();
const folder = fs.mkdtempSync(path.join(tmpdir(), 'trackflow-kills-'));
const clickhouse = await startEngine({ migrated: false });
const postgres = await startPostgres(18);
try {
  await makeTable(postgres, 'kept', rows);
  const began = performance.now();
  const chunkRows = Math.max(1_000, Math.round(rows / 400));
  const killed = await migrateUnderKills({
    folder,
    postgres,
    clickhouse,
    table: 'kept',
    kills,
    chunkRows,
    bytesPerSecond: null,
    killWithinMs: 200,
    random: seededRandom(seed),
  });
  const { source, target } = await wholeTable(postgres, clickhouse, 'kept');
  const isExact = source.rows === target.rows && source.hash === target.hash;
  const { report, ...counted } = killed;
  process.stdout.write(
    `${JSON.stringify({ seed, ...counted, seconds: Math.round((performance.now() - began) / 1_000), state: report.tables[0]?.state, source, target, isExact }, null, 2)}\n`,
  );
  process.exitCode = isExact ? 0 : 1;
} finally {
  await postgres[Symbol.asyncDispose]();
  await clickhouse.stop();
  fs.rmSync(folder, { recursive: true, force: true });
}
