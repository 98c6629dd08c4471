import fs from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { packageRoot } from '../../src/package-root.ts';
import { Random, runSchedules } from './simulation.ts';
import { spoolSchedule } from './spool-world.ts';

/**
 * The spool under seeded faults: kills and losses of power at any call to the disk, full disks, failing calls, splits,
 * dead letters, replays. What must hold after each step is in `spool-world.ts`.
 */
const SEQUENCES = 2_000;

let db: Database.Database;

beforeAll(() => {
  db = new Database(':memory:');
  const schema = path.join(packageRoot(), 'schema', 'state');
  for (const step of fs.readdirSync(schema).sort()) db.exec(fs.readFileSync(path.join(schema, step), 'utf8'));
});

afterAll(() => db.close());

it('keeps every acknowledged row in exactly one place, whatever the disk does', async () => {
  expect(
    await runSchedules(
      spoolSchedule(db, (seed) => new Random(seed)),
      SEQUENCES,
    ),
  ).toBeGreaterThan(0);
});
