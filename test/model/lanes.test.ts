import fs from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { packageRoot } from '../../src/package-root.ts';
import { lanesSchedule } from './lanes-world.ts';
import { Random, runSchedules } from './simulation.ts';

/** A spool with a lane for each shard, under seeded faults; what must hold after each step is in `lanes-world.ts`. */
const SEQUENCES = 500;

let db: Database.Database;

beforeAll(() => {
  db = new Database(':memory:');
  const schema = path.join(packageRoot(), 'schema', 'state');
  for (const step of fs.readdirSync(schema).sort()) db.exec(fs.readFileSync(path.join(schema, step), 'utf8'));
});

afterAll(() => db.close());

it('keeps a row in one lane, and of a commit that has no room in one lane nothing in any', async () => {
  const schedule = lanesSchedule(db, (seed) => new Random(seed));
  expect(await runSchedules(schedule, SEQUENCES)).toBeGreaterThan(0);
});
