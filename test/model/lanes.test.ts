import { afterAll, expect, it } from 'vitest';
import { lanesSchedule } from './lanes-world.ts';
import { Random, runSchedules } from './simulation.ts';
import { stateInMemory } from './state-schema.ts';

/** A spool with a lane for each shard, under seeded faults; what must hold after each step is in `lanes-world.ts`. */
const SEQUENCES = 500;

const db = stateInMemory();

afterAll(() => db.close());

it('keeps a row in one lane, and of a commit that has no room in one lane nothing in any', async () => {
  const schedule = lanesSchedule(db, (seed) => new Random(seed));
  expect(await runSchedules(schedule, SEQUENCES)).toBeGreaterThan(0);
});
