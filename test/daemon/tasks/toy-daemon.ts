import fs from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { openStateDatabase } from '../../../daemon/state/database.ts';
import { taskKind } from '../../../daemon/tasks/kind.ts';
import { TaskRunner } from '../../../daemon/tasks/runner.ts';
import { TaskStore } from '../../../daemon/tasks/store.ts';
import { TaskLog } from '../../../daemon/tasks/task-log.ts';

/**
 * A process that runs one task of two steps of `units` units each, for tests that kill it: `toy-daemon.ts <folder> <schema> <units>`.
 * A unit appends its name to `effects` and is then in the checkpoint. What is behind the checkpoint is found in the file
 * and not done again, which is what a kind has to see to.
 */
const [, , folder, schema, unitsText] = process.argv;
const units = Number(unitsText);
const effects = path.join(folder!, 'effects');

const steps = ['first', 'second'].map((name) => ({
  name,
  async run({
    saved,
    progress,
    checkpoint,
  }: {
    saved: unknown;
    progress: (done: number, total: number) => void;
    checkpoint: (value: unknown) => void;
  }) {
    fs.appendFileSync(path.join(folder!, 'resumed'), `${name}:${saved ?? 0}\n`);
    for (let unit = Number(saved ?? 0); unit < units; unit++) {
      const line = `${name}:${unit}\n`;
      const done = fs.existsSync(effects) && fs.readFileSync(effects, 'utf8').endsWith(line);
      if (!done) fs.appendFileSync(effects, line);
      // Time for a kill in between.
      await new Promise((resolve) => setTimeout(resolve, 2));
      progress(unit + 1, units);
      checkpoint(unit + 1);
    }
  },
}));

const db = openStateDatabase(path.join(folder!, 'state.db'), schema!);
const store = new TaskStore(db);
const runner = new TaskRunner({
  store,
  log: new TaskLog(db),
  kinds: [taskKind({ kind: 'toy', paramsSchema: z.strictObject({}), refusal: null, steps })],
  now: Date.now,
  onLog: () => {},
});
// A kill may come between the end of the task and that of the process: then there is nothing left to ask for.
if (store.get(1) === null)
  store.create({ kind: 'toy', params: {}, steps: steps.map(({ name }) => name), scheduled: false }, Date.now());
runner.start();
const watch = setInterval(() => {
  const task = store.get(1);
  if (task?.state !== 'done' && task?.state !== 'failed') return;
  clearInterval(watch);
  void runner.close(0).then(() => db.close());
}, 5);
