import { z } from 'zod';
import { TaskDesk } from '../../../daemon/tasks/desk.ts';
import { type AnyTaskKind, type TaskContext, taskKind } from '../../../daemon/tasks/kind.ts';
import { TaskRunner } from '../../../daemon/tasks/runner.ts';
import type { Schedule } from '../../../daemon/tasks/schedule.ts';
import { TaskStore } from '../../../daemon/tasks/store.ts';
import { TaskLog } from '../../../daemon/tasks/task-log.ts';
import { StateFile } from '../state/state-file.ts';

export const NOON = Date.UTC(2026, 10, 21, 12);

/** A kind with one step that does what it is told. */
export function toyKind(
  run: (context: TaskContext<unknown>) => Promise<void> | void,
  options: { readonly kind?: string; readonly schedule?: Schedule } = {},
): AnyTaskKind {
  return taskKind({
    kind: options.kind ?? 'toy',
    paramsSchema: z.strictObject({ n: z.number().optional() }),
    refusal: null,
    steps: [{ name: 'work', run }],
    ...(options.schedule && { schedule: options.schedule }),
  });
}

/** A runner over a real state.db, with a clock that stands until it is moved. */
export class TaskRig {
  now = NOON;
  readonly file = new StateFile();
  readonly logged: { level: string; event: string }[] = [];
  store = new TaskStore(this.file.db);
  log = new TaskLog(this.file.db);
  runner: TaskRunner;
  desk: TaskDesk;

  constructor(kinds: readonly AnyTaskKind[]) {
    ({ runner: this.runner, desk: this.desk } = this.#open(kinds));
  }

  /** The next daemon over the same file; the last one was killed unless it was closed. */
  restart(kinds: readonly AnyTaskKind[]): void {
    this.file.reopen();
    this.store = new TaskStore(this.file.db);
    this.log = new TaskLog(this.file.db);
    ({ runner: this.runner, desk: this.desk } = this.#open(kinds));
  }

  /** Begins what is due and lets it run until nothing is left to do without more time. */
  async settle(): Promise<void> {
    this.runner.tick();
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  }

  async pass(ms: number): Promise<void> {
    this.now += ms;
    await this.settle();
  }

  async end(): Promise<void> {
    await this.runner.close(0);
    this.file.remove();
  }

  #open(kinds: readonly AnyTaskKind[]) {
    const now = () => this.now;
    const { store, log } = this;
    const runner = new TaskRunner({
      store,
      log,
      kinds,
      now,
      onLog: (level, event) => void this.logged.push({ level, event }),
    });
    return { runner, desk: new TaskDesk({ store, log, runner, now }) };
  }
}

/** A promise and its resolve: lets a test hold a step where it wants it. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
