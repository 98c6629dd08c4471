import fs from 'node:fs';
import path from 'node:path';
import { openStateDatabase } from '../../../daemon/state/database.ts';
import { migrations } from '../../../daemon/tasks/kinds/migrate.ts';
import { TaskRunner } from '../../../daemon/tasks/runner.ts';
import { TaskStore } from '../../../daemon/tasks/store.ts';
import { TaskLog } from '../../../daemon/tasks/task-log.ts';
import { openClickHouse } from '../../../src/clickhouse/client.ts';
import type { Endpoint } from '../../../src/clickhouse/endpoint.ts';
import { packageRoot } from '../../../src/package-root.ts';

/**
 * A process that runs one migration as the daemon does, for tests that kill it: `migrating-process.ts <folder>`, in which
 * `job.json` has the endpoint of ClickHouse and the params of the task. It says
 * `.` when it begins and ends when the task has.
 */
const folder = process.argv[2]!;
const { endpoint, params } = JSON.parse(fs.readFileSync(path.join(folder, 'job.json'), 'utf8')) as {
  endpoint: Endpoint;
  params: object;
};
const db = openStateDatabase(path.join(folder, 'state.db'), path.join(packageRoot(), 'schema', 'state'));
const store = new TaskStore(db);
const [kind, ...others] = migrations({
  db,
  connect: async () => openClickHouse(endpoint, 'writer'),
  ready: async () => {},
  eventsElsewhere: null,
  reports: folder,
  elapsed: () => performance.now(),
});
const runner = new TaskRunner({
  store,
  log: new TaskLog(db),
  kinds: [kind!, ...others],
  now: Date.now,
  onLog: (_level, event) => event === 'task_started' && process.stdout.write('.'),
});
if (store.get(1) === null) {
  store.create({ kind: kind!.kind, params, steps: kind!.steps.map(({ name }) => name), scheduled: false }, Date.now());
}
// A person would do that: so many kills in a row without progress look like a defect.
if (store.get(1)?.state === 'failed') store.retry(1, Date.now());
runner.start();
const watch = setInterval(() => {
  const task = store.get(1);
  if (task?.state !== 'done' && task?.state !== 'failed') return;
  clearInterval(watch);
  void runner.close(0).then(() => {
    db.close();
    if (task.state === 'failed') process.stderr.write(`${task.error}\n`);
  });
}, 20);
