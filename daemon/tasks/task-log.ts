import type { StateDatabase } from '../state/database.ts';

export interface TaskLogLine {
  readonly at: number;
  readonly level: string;
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Lines that are kept of each task, the newest. */
export const LINES_PER_TASK_MAX = 200;

/** What each task has said, kept beside it until it is pruned with it. */
export class TaskLog {
  readonly #db: StateDatabase;

  constructor(db: StateDatabase) {
    this.#db = db;
  }

  add(task: number, { at, level, event, fields }: TaskLogLine): void {
    this.#db.transaction(() => {
      this.#db
        .prepare('INSERT INTO task_log (task, at, level, event, fields) VALUES (?, ?, ?, ?, ?)')
        .run(task, at, level, event, JSON.stringify(fields));
      this.#db
        .prepare(
          `DELETE FROM task_log WHERE task = @task AND id <=
           (SELECT id FROM task_log WHERE task = @task ORDER BY id DESC LIMIT 1 OFFSET @kept)`,
        )
        .run({ task, kept: LINES_PER_TASK_MAX });
    })();
  }

  /** Oldest first. */
  of(task: number): TaskLogLine[] {
    const rows = this.#db
      .prepare('SELECT at, level, event, fields FROM task_log WHERE task = ? ORDER BY id')
      .all(task) as (Omit<TaskLogLine, 'fields'> & { fields: string })[];
    return rows.map((row) => ({ ...row, fields: JSON.parse(row.fields) }));
  }
}
