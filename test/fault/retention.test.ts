import { expect, test } from 'vitest';
import { startDaemon, type TestDaemon } from '../support/daemon.ts';
import { faults, NO_FAULTS, Oracle } from '../support/oracle.ts';
import { seededRandom, testSeed } from '../support/seed.ts';

/**
 * Months are dropped while batches of the same months are on their way, and the daemon is killed in between: what is
 * kept is kept once, what is over is gone.
 */
const BUSY_FLUSH = { 'flush.ageMsMax': 50, 'flush.timeoutMs': 5_000 };
const DAY_MS = 86_400_000;
const DAYS = 40;
const RUNS = 5;

test('retention under load and kills deletes what is over and nothing else', async () => {
  const seed = testSeed();
  const random = seededRandom(seed);
  const cutoff = Date.now() - DAYS * DAY_MS;
  await using daemon = await startDaemon({ settings: { ...BUSY_FLUSH, 'events.retentionDays': DAYS } });
  const url = () => daemon.url;
  const sender = (account: string, occurredAt: (n: number) => number) =>
    new Oracle({
      account,
      url,
      random,
      connections: 1,
      eventsPerRequest: 2,
      retry: true,
      repeat: 0.05,
      occurredAt,
    }).start();
  const now = sender('now', () => Date.now());
  // Beside the rows that are deleted, in their partition, and in the same batches as whole months that are dropped.
  const edge = sender('edge', (n) => cutoff + DAY_MS / 24 + (n % 100) * 60_000);
  const over = sender('over', (n) => cutoff - 60_000 - (n % 4) * 20 * DAY_MS);

  for (let run = 0; run < RUNS; run++) {
    const { task } = await daemon.control.startTask('retention');
    if (run % 2 === 1) {
      await new Promise((resolve) => setTimeout(resolve, random() * 200));
      await daemon.kill();
      await daemon.start();
    }
    await ended(daemon, task.id);
  }
  await Promise.all([now, edge, over].map((oracle) => oracle.stop()));
  const status = await daemon.drained();
  expect(status.events.accepted).toBe(status.events.stored);
  for (const oracle of [now, edge]) {
    const verdict = await oracle.verdict(daemon);
    expect({ seed, ...faults(verdict) }).toEqual({ seed, ...NO_FAULTS });
    expect(verdict.acknowledged).toBeGreaterThan(100);
  }
  // Of these some are gone by now; those that are there are there once.
  expect({ seed, duplicated: (await over.verdict(daemon)).duplicated }).toEqual({ seed, duplicated: [] });

  const { task } = await daemon.control.startTask('retention');
  await ended(daemon, task.id);
  const [left] = await daemon.query(`SELECT toUInt32(count()) AS rows FROM events WHERE account = 'over'`);
  expect({ seed, left: left!.rows }).toEqual({ seed, left: 0 });
  for (const oracle of [now, edge]) expect(faults(await oracle.verdict(daemon))).toEqual(NO_FAULTS);
  const months = (await daemon.control.task(Number(task.id))).log.filter(({ event }) => event.startsWith('retention_'));
  expect(months.length).toBeGreaterThan(0);
}, 180_000);

async function ended(daemon: TestDaemon, id: string): Promise<void> {
  await daemon.until(async () => {
    const { state, error } = await daemon.control.task(Number(id));
    if (state === 'failed') throw new Error(error);
    return state === 'done';
  }, 100_000);
}
