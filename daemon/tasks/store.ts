import type { StateDatabase } from '../state/database.ts';

export type TaskState = 'queued' | 'running' | 'done' | 'failed' | 'cancelled';

/** A row of `tasks`. Times are milliseconds since the epoch. */
export interface TaskRow {
  readonly id: number;
  readonly kind: string;
  readonly params: unknown;
  /** Whether its schedule asked for it, not a person. */
  readonly scheduled: boolean;
  readonly state: TaskState;
  /** Name of the step that is under way or next; of a finished one its last. */
  readonly step: string;
  readonly progress: number | null;
  readonly error: string;
  readonly attempts: number;
  readonly failures: number;
  readonly dueAt: number;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
}

export interface StepRow {
  readonly name: string;
  readonly checkpoint: unknown;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
}

export interface NewTask {
  readonly kind: string;
  readonly params: unknown;
  readonly steps: readonly string[];
  readonly scheduled: boolean;
}

/** Finished tasks that are kept of each kind. */
export const HISTORY_PER_KIND_MAX = 100;

const ERROR_CHARS_MAX = 2_000;
const CHECKPOINT_CHARS_MAX = 65_536;
const COLUMNS = `id, kind, params, scheduled, state, step, progress, error, attempts, failures, due_at AS dueAt,
  created_at AS createdAt, started_at AS startedAt, finished_at AS finishedAt`;

/**
 * The tasks of `state.db`.
 *
 * Promises: every method is one transaction that is on disk when it returns, so after a kill a task is exactly where it
 * was said to be. Always true: a finished task never runs again unless `retry` says so; at most `HISTORY_PER_KIND_MAX`
 * finished ones of a kind are kept. When the disk is full: SQLITE_FULL is thrown and nothing has changed.
 */
export class TaskStore {
  readonly #db: StateDatabase;

  constructor(db: StateDatabase) {
    this.#db = db;
    db.pragma('foreign_keys = ON');
  }

  /** Adds a task, or finds the one of that kind with the same params that still waits or runs. */
  create(task: NewTask, now: number): { id: number; created: boolean } {
    return this.#db
      .transaction(() => {
        const params = JSON.stringify(task.params);
        const same = this.#db
          .prepare(`SELECT id FROM tasks WHERE state IN ('queued', 'running') AND kind = ? AND params = ?`)
          .pluck()
          .get(task.kind, params) as number | undefined;
        if (same !== undefined) return { id: same, created: false };
        const { lastInsertRowid } = this.#db
          .prepare(
            `INSERT INTO tasks (kind, params, scheduled, state, step, due_at, created_at)
             VALUES (@kind, @params, @scheduled, 'queued', @step, @now, @now)`,
          )
          .run({ kind: task.kind, params, scheduled: Number(task.scheduled), step: task.steps[0] ?? '', now });
        const id = Number(lastInsertRowid);
        this.#addSteps(id, task.steps);
        return { id, created: true };
      })
      .immediate();
  }

  /** The task that a schedule asks for, and when it will ask next. None is added while one of the kind waits or runs. */
  createScheduled(task: NewTask, now: number, nextAt: number): void {
    this.#db
      .transaction(() => {
        this.setNextAt(task.kind, nextAt);
        const waiting = this.#db.prepare(`SELECT 1 FROM tasks WHERE state IN ('queued', 'running') AND kind = ?`);
        if (waiting.get(task.kind) === undefined) this.create(task, now);
      })
      .immediate();
  }

  get(id: number): TaskRow | null {
    const row = this.#db.prepare(`SELECT ${COLUMNS} FROM tasks WHERE id = ?`).get(id);
    return row === undefined ? null : toTask(row);
  }

  /** What waits or runs first, then the newest. */
  list(rowsMax: number): TaskRow[] {
    return this.#db
      .prepare(`SELECT ${COLUMNS} FROM tasks ORDER BY state IN ('queued', 'running') DESC, id DESC LIMIT ?`)
      .all(rowsMax)
      .map(toTask);
  }

  /** Everything that waits, the oldest first. */
  queued(): TaskRow[] {
    return this.#db.prepare(`SELECT ${COLUMNS} FROM tasks WHERE state = 'queued' ORDER BY id`).all().map(toTask);
  }

  /** What a daemon that was killed has left running. */
  running(): TaskRow[] {
    return this.#db.prepare(`SELECT ${COLUMNS} FROM tasks WHERE state = 'running' ORDER BY id`).all().map(toTask);
  }

  steps(id: number): StepRow[] {
    const rows = this.#db
      .prepare(
        `SELECT name, checkpoint, started_at AS startedAt, finished_at AS finishedAt
         FROM task_steps WHERE task = ? ORDER BY position`,
      )
      .all(id) as (Omit<StepRow, 'checkpoint'> & { checkpoint: string | null })[];
    return rows.map((row) => ({ ...row, checkpoint: row.checkpoint === null ? null : JSON.parse(row.checkpoint) }));
  }

  /** A queued one begins an attempt. `steps` are those of its kind now, which may not be those of its creation. */
  begin(id: number, steps: readonly string[], now: number): void {
    this.#db.transaction(() => {
      this.#db
        .prepare(
          `UPDATE tasks SET state = 'running', attempts = attempts + 1, failures = failures + 1, cancel_asked = 0,
           started_at = ifnull(started_at, @now) WHERE id = @id AND state = 'queued'`,
        )
        .run({ id, now });
      this.#addSteps(id, steps);
    })();
  }

  beginStep(id: number, name: string, now: number): void {
    this.#db.transaction(() => {
      this.#db.prepare('UPDATE tasks SET step = ?, progress = NULL WHERE id = ?').run(name, id);
      this.#db
        .prepare('UPDATE task_steps SET started_at = ifnull(started_at, ?) WHERE task = ? AND name = ?')
        .run(now, id, name);
    })();
  }

  /** Where the step goes on, and how far it is, in one. A new value is progress: retries count from here. */
  checkpoint(id: number, name: string, value: unknown, progress: number | null): void {
    const text = JSON.stringify(value ?? null);
    if (text.length > CHECKPOINT_CHARS_MAX) {
      throw new RangeError(`a checkpoint of ${text.length} characters; at most ${CHECKPOINT_CHARS_MAX}`);
    }
    this.#db.transaction(() => {
      const { changes } = this.#db
        .prepare(
          'UPDATE task_steps SET checkpoint = @text WHERE task = @id AND name = @name AND checkpoint IS NOT @text',
        )
        .run({ id, name, text });
      const failures = changes > 0 ? 1 : null;
      this.#db
        .prepare('UPDATE tasks SET progress = @progress, failures = ifnull(@failures, failures) WHERE id = @id')
        .run({ id, progress, failures });
    })();
  }

  endStep(id: number, name: string, now: number): void {
    this.#db.transaction(() => {
      this.#db.prepare('UPDATE task_steps SET finished_at = ? WHERE task = ? AND name = ?').run(now, id, name);
      this.#db.prepare('UPDATE tasks SET failures = 1 WHERE id = ?').run(id);
    })();
  }

  /** The end of a task; the oldest finished ones of its kind beyond the history go. */
  finish(id: number, state: 'done' | 'failed' | 'cancelled', error: string, now: number): void {
    this.#db.transaction(() => {
      this.#db
        .prepare(
          `UPDATE tasks SET state = @state, error = @error, finished_at = @now, cancel_asked = 0,
           progress = iif(@state = 'done', 1, progress) WHERE id = @id`,
        )
        .run({ id, state, error: error.slice(0, ERROR_CHARS_MAX), now });
      this.#db
        .prepare(
          `DELETE FROM tasks WHERE finished_at IS NOT NULL AND kind = (SELECT kind FROM tasks WHERE id = @id) AND id NOT IN
           (SELECT id FROM tasks WHERE finished_at IS NOT NULL AND kind = (SELECT kind FROM tasks WHERE id = @id)
            ORDER BY finished_at DESC, id DESC LIMIT @kept)`,
        )
        .run({ id, kept: HISTORY_PER_KIND_MAX });
    })();
  }

  /** An attempt that failed waits until `dueAt` for the next one. */
  requeue(id: number, dueAt: number, error: string): void {
    this.#db
      .prepare(`UPDATE tasks SET state = 'queued', due_at = ?, error = ? WHERE id = ?`)
      .run(dueAt, error.slice(0, ERROR_CHARS_MAX), id);
  }

  /** An attempt that was cut short, by a stop (which is no failure) or by a kill, waits for the next start. */
  interrupt(id: number, killed: boolean, now: number): void {
    this.#db
      .prepare(`UPDATE tasks SET state = 'queued', due_at = @now, failures = failures - @forgiven WHERE id = @id`)
      .run({ id, now, forgiven: killed ? 0 : 1 });
  }

  /** Ends a queued one at once; notes it for a running one. False: it was neither. */
  cancel(id: number, now: number): boolean {
    return (
      this.#db
        .transaction(() => {
          const task = this.get(id);
          if (task?.state === 'queued') this.finish(id, 'cancelled', task.error, now);
          if (task?.state === 'running') this.#db.prepare('UPDATE tasks SET cancel_asked = 1 WHERE id = ?').run(id);
          return task?.state === 'queued' || task?.state === 'running';
        })
        // Begun by a read it could not write any more once the spool thread has, which it does all the time.
        .immediate()
    );
  }

  cancelAsked(id: number): boolean {
    return this.#db.prepare('SELECT cancel_asked FROM tasks WHERE id = ?').pluck().get(id) === 1;
  }

  /** Queues a failed or cancelled one anew, from its last checkpoint. False: it was neither. */
  retry(id: number, now: number): boolean {
    const { changes } = this.#db
      .prepare(
        `UPDATE tasks SET state = 'queued', due_at = ?, failures = 0, finished_at = NULL
         WHERE id = ? AND state IN ('failed', 'cancelled')`,
      )
      .run(now, id);
    return changes > 0;
  }

  nextAt(kind: string): number | null {
    const next = this.#db.prepare('SELECT next_at FROM task_schedules WHERE kind = ?').pluck().get(kind);
    return (next as number | undefined) ?? null;
  }

  setNextAt(kind: string, nextAt: number): void {
    this.#db.prepare('INSERT OR REPLACE INTO task_schedules (kind, next_at) VALUES (?, ?)').run(kind, nextAt);
  }

  /** Forgets the schedules of kinds that do not recur any more. */
  keepSchedules(kinds: readonly string[]): void {
    this.#db
      .prepare('DELETE FROM task_schedules WHERE kind NOT IN (SELECT value FROM json_each(?))')
      .run(JSON.stringify(kinds));
  }

  #addSteps(id: number, steps: readonly string[]): void {
    const add = this.#db.prepare(
      `INSERT INTO task_steps (task, position, name) VALUES (?, ?, ?)
       ON CONFLICT (task, name) DO UPDATE SET position = excluded.position`,
    );
    steps.forEach((name, position) => {
      add.run(id, position, name);
    });
  }
}

function toTask(row: unknown): TaskRow {
  const task = row as Omit<TaskRow, 'params' | 'scheduled'> & { params: string; scheduled: number };
  return { ...task, params: JSON.parse(task.params), scheduled: task.scheduled === 1 };
}
