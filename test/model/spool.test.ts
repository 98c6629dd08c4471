import { afterAll, expect, it } from 'vitest';
import { Random, runSchedules } from './simulation.ts';
import { spoolSchedule } from './spool-world.ts';
import { stateInMemory } from './state-schema.ts';

/**
 * The spool under seeded faults: kills and losses of power at any call to the disk, full disks, failing calls, splits,
 * dead letters, replays. What must hold after each step is in `spool-world.ts`.
 */
const SEQUENCES = 2_000;

const db = stateInMemory();

afterAll(() => db.close());

it('keeps every acknowledged row in exactly one place, whatever the disk does', async () => {
  expect(
    await runSchedules(
      spoolSchedule(db, (seed) => new Random(seed)),
      SEQUENCES,
    ),
  ).toBeGreaterThan(0);
});
