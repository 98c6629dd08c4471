import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { openStateDatabase } from '../../../daemon/state/database.ts';
import { TaskStore } from '../../../daemon/tasks/store.ts';
import { seededRandom, testSeed } from '../../support/seed.ts';
import { temporaryHome } from '../../support/temporary-home.ts';
import { until } from '../../support/until.ts';
import { STATE_SCHEMA } from '../state/state-file.ts';

const UNITS = 60;
const RUN_MS_MAX = 30_000;

const lines = (file: string) => (fs.existsSync(file) ? fs.readFileSync(file, 'utf8').trimEnd().split('\n') : []);

it('a task whose process is killed again and again goes on at its checkpoint and does each unit once', async () => {
  const seed = testSeed();
  const random = seededRandom(seed);
  const folder = temporaryHome();
  const effects = path.join(folder, 'effects');
  let kills = 0;
  for (;;) {
    const before = lines(effects).length;
    const child = spawn(
      process.execPath,
      [path.join(import.meta.dirname, 'toy-daemon.ts'), folder, STATE_SCHEMA, String(UNITS)],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    );
    const exited = once(child, 'exit');
    const killAfter = before + 1 + Math.floor(random() * 20);
    await until(() => lines(effects).length >= killAfter || child.exitCode !== null, RUN_MS_MAX);
    if (child.exitCode === null && killAfter < UNITS * 2) {
      child.kill('SIGKILL');
      kills++;
    }
    const [code] = await exited;
    if (code !== null) break;
  }
  const expected = ['first', 'second'].flatMap((step) => Array.from({ length: UNITS }, (_, unit) => `${step}:${unit}`));
  expect({ seed, effects: lines(effects) }).toEqual({ seed, effects: expected });
  expect(kills).toBeGreaterThan(3);
  // Each process began where the last checkpoint was, not at the beginning.
  const resumed = lines(path.join(folder, 'resumed')).map((line) => line.split(':') as [string, string]);
  const starts = resumed.map(([step, unit]) => (step === 'first' ? 0 : UNITS) + Number(unit));
  expect(starts).toEqual([...starts].sort((a, b) => a - b));
  expect(starts.filter((start) => start === 0).length).toBeLessThanOrEqual(2);
  const db = openStateDatabase(path.join(folder, 'state.db'), STATE_SCHEMA);
  const task = new TaskStore(db).get(1)!;
  expect(task).toMatchObject({ state: 'done', progress: 1, error: '' });
  // The last kill may have come after the end of the task, before that of its process.
  expect([kills, kills + 1]).toContain(task.attempts);
  db.close();
});
