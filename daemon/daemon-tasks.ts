import { openClickHouse } from '../src/clickhouse/client.ts';
import type { Config } from '../src/config/schema.ts';
import type { Engine } from '../src/engine/engine.ts';
import type { Log } from './log.ts';
import { currentSalts, destroyOldSalts } from './salts.ts';
import type { DaemonState } from './state/daemon-state.ts';
import type { StateDatabase } from './state/database.ts';
import { TaskDesk } from './tasks/desk.ts';
import { retention } from './tasks/kinds/retention.ts';
import { saltRotation } from './tasks/kinds/salt-rotation.ts';
import { TaskRunner } from './tasks/runner.ts';
import { TaskStore } from './tasks/store.ts';
import { TaskLog } from './tasks/task-log.ts';
import type { DaySalt } from './threads/messages.ts';
import type { SpoolHandle } from './threads/spool-handle.ts';

/** How long a task that needs the engine waits for it before that is a failure. */
const ENGINE_READY_MS = 30_000;

export interface TaskParts {
  readonly config: Config;
  readonly db: StateDatabase;
  readonly state: DaemonState;
  readonly engine: Engine;
  readonly spool: SpoolHandle;
  readonly log: Log;
  readonly now: () => number;
  readonly sendSalts: (salts: readonly DaySalt[]) => void;
}

/** Every kind of task there is, with what it works on, and who runs them. Nothing runs before `runner.start()`. */
export function openTasks({ config, db, state, engine, spool, log, now, sendSalts }: TaskParts): {
  readonly desk: TaskDesk;
  readonly runner: TaskRunner;
} {
  const store = new TaskStore(db);
  const taskLog = new TaskLog(db);
  const runner = new TaskRunner({
    store,
    log: taskLog,
    kinds: [
      saltRotation({
        renew: () => sendSalts(currentSalts(state, now())),
        destroyOld: () => destroyOldSalts(state, now()),
        emptyLog: () => state.emptyLog(),
      }),
      retention({
        days: config.events.retentionDays,
        connect: async () => {
          await engine.ready(ENGINE_READY_MS);
          return openClickHouse(engine.endpoint, 'writer');
        },
        hold: (months, limits, signal) => spool.hold(months, limits, signal),
      }),
    ],
    now,
    onLog: (level, event, fields) => log.write(level, 'tasks', event, fields),
  });
  return { desk: new TaskDesk({ store, log: taskLog, runner, now }), runner };
}
