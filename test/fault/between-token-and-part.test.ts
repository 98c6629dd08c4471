import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { startDaemon, type TestDaemon } from '../support/daemon.ts';
import { metric } from '../support/metrics.ts';
import { hasStrace } from '../support/requirement.ts';
import { tamper } from '../support/strace.ts';

/**
 * ClickHouse writes the deduplication record of an insert first and renames the part into place after it. A kill between
 * the two leaves a token without rows: the insert's repetition reports success and stores nothing.
 */
const BEFORE_RENAME = 'rename:signal=SIGKILL';
const MONTH_MS = 31 * 86_400_000;
const ROWS = 20;

describe.skipIf(!hasStrace())('a kill of the engine between the record of a token and the part', () => {
  test('stores the batch once, although the repetition under its token reports success and stores nothing', async () => {
    await using daemon = await startDaemon();
    await killAtRename(daemon, 1, [0]);
    expect(await copies(daemon)).toEqual({ rows: ROWS, ids: ROWS });
    // Killed, then swallowed by its token, then stored under the next: the token alone would have lost the batch.
    expect(await inserts(daemon)).toEqual({ unknown: 1, refused: 0, stored: 2 });
  });

  test('inserts only the month that is missing, when it strikes between two months of one batch', async () => {
    await using daemon = await startDaemon();
    await killAtRename(daemon, 2, [0, 1]);
    expect(await copies(daemon)).toEqual({ rows: ROWS, ids: ROWS });
    expect(await inserts(daemon)).toEqual({ unknown: 1, refused: 0, stored: 2 });
    const perPart = await daemon.query<{ rows: number }>(
      `SELECT toUInt32(count()) AS rows FROM events GROUP BY toYYYYMM(occurred_at)`,
    );
    expect(perPart).toEqual([{ rows: ROWS / 2 }, { rows: ROWS / 2 }]);
  });
});

/**
 * Sends one batch over months so long ago and kills the engine before the rename of its n-th part, of whichever month
 * that is. Returns when all is stored.
 */
async function killAtRename(daemon: TestDaemon, nth: number, months: readonly number[]): Promise<void> {
  const [table] = await daemon.query<{ folder: string }>(
    `SELECT data_paths[1] AS folder FROM system.tables WHERE database = currentDatabase() AND name = 'events'`,
  );
  const pid = await daemon.enginePid();
  const parts = months.map((ago) => path.join(table!.folder, `tmp_insert_${month(ago)}_${nth}_${nth}_0/`));
  await using strike = await tamper(pid, BEFORE_RENAME, parts);
  const events = Array.from({ length: ROWS }, (_, n) => ({
    name: 'struck',
    user_id: String(n),
    occurred_at: Date.now() - months[n % months.length]! * MONTH_MS,
  }));
  expect((await daemon.post(events)).status).toBe(202);
  await strike.ended;
  const status = await daemon.drained();
  expect(status.engine.pid).not.toBe(pid);
}

async function copies(daemon: TestDaemon): Promise<{ rows: number; ids: number }> {
  const [row] = await daemon.query<{ rows: number; ids: number }>(
    'SELECT toUInt32(count()) AS rows, toUInt32(uniqExact(user_id)) AS ids FROM events',
  );
  return row!;
}

async function inserts(daemon: TestDaemon): Promise<Record<'unknown' | 'refused' | 'stored', number>> {
  const count = (outcome: 'unknown' | 'refused' | 'stored') =>
    metric(daemon, `flush_inserts_total{outcome="${outcome}"}`);
  return { unknown: await count('unknown'), refused: await count('refused'), stored: await count('stored') };
}

/** Partition of a time so many months ago. */
function month(ago: number): string {
  return new Date(Date.now() - ago * MONTH_MS).toISOString().slice(0, 7).replace('-', '');
}
