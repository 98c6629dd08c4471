import { expect, test } from 'vitest';
import { startDaemon, TestDaemon } from '../support/daemon.ts';
import { faults, NO_FAULTS, Oracle } from '../support/oracle.ts';
import { nextVersion } from '../support/other-version.ts';
import { killProcess, pauseProcess } from '../support/pause.ts';
import { seededRandom, testSeed } from '../support/seed.ts';

const SMALL_SEGMENTS = { 'flush.rowsMax': 200, 'flush.ageMsMax': 50 };
const SCHEMA_EXIT = 69;
const MONTH_MS = 31 * 86_400_000;

/** A column more, and one whose type is not the one that the old blocks name. */
const NEXT_SQL = `
ALTER TABLE events ADD COLUMN IF NOT EXISTS campaign_cost Decimal(18, 4) DEFAULT 1.5;
ALTER TABLE events MODIFY COLUMN user_id LowCardinality(String);
`;

test('segments of the version before are stored once after an upgrade, and that version then refuses the database', async () => {
  const seed = testSeed();
  using next = nextVersion(NEXT_SQL);
  await using old = await startDaemon({ settings: SMALL_SEGMENTS });
  const url = () => old.url;
  const occurredAt = (n: number) => Date.now() - (n % 2) * MONTH_MS;
  const oracle = new Oracle({ account: 'upgrade', url, random: seededRandom(seed), eventsPerRequest: 20, occurredAt });
  const enginePid = await old.enginePid();
  oracle.start();
  await old.until(async () => (await old.status()).events.stored > 500);
  {
    using _standing = pauseProcess(enginePid);
    await old.until(async () => (await old.status()).spool.segments > 10);
    await oracle.stop();
    await old.kill();
    killProcess(enginePid);
  }

  await using upgraded = await startDaemon({ home: old.home, packageRoot: next.root, settings: SMALL_SEGMENTS });
  await upgraded.drained();
  const verdict = await oracle.verdict(upgraded);
  expect({ seed, ...faults(verdict) }).toEqual({ seed, ...NO_FAULTS });
  expect(verdict.acknowledged).toBeGreaterThan(2_000);
  const [row] = await upgraded.query<{ cost: number; type: string }>(
    `SELECT toFloat64(sum(campaign_cost)) / count() AS cost, any(toTypeName(user_id)) AS type FROM events`,
  );
  expect(row).toEqual({ cost: 1.5, type: 'LowCardinality(String)' });
  expect(await upgraded.stop()).toBe(0);

  const back = new TestDaemon({ home: old.home, settings: SMALL_SEGMENTS });
  await expect(back.start()).rejects.toThrow(
    `TF_SCHEMA_NEWER the database has schema ${next.schema}, this version of trackflow knows up to ${next.schema - 1}`,
  );
  expect(await back.exited()).toBe(SCHEMA_EXIT);
});
