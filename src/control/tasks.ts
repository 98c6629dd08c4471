import type { TaskFigures, TaskSchedule } from './stream.ts';

export const TASK_STATES = ['queued', 'running', 'done', 'failed', 'cancelled'] as const;

/** What the control socket says about tasks. Times are ISO 8601, in UTC. */
export interface TaskList {
  /** What waits or runs first, then the newest. */
  readonly tasks: readonly TaskFigures[];
  readonly schedules: readonly TaskSchedule[];
}

export interface TaskStepReport {
  readonly name: string;
  /** Where the step goes on, as its kind writes it; null before the first checkpoint. */
  readonly checkpoint: unknown;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
}

export interface TaskLogReport {
  readonly at: string;
  readonly level: string;
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface TaskReport extends TaskFigures {
  readonly params: unknown;
  /** Whether its schedule asked for it, not a person. */
  readonly scheduled: boolean;
  readonly attempts: number;
  /** A queued one is not begun before. */
  readonly dueAt: string;
  readonly startedAt: string | null;
  readonly steps: readonly TaskStepReport[];
  /** The newest lines, oldest first. */
  readonly log: readonly TaskLogReport[];
}

/** The answer to start, retry and cancel. `changed`: false when it was so already. */
export interface TaskChange {
  readonly task: TaskFigures;
  readonly changed: boolean;
}

export interface TaskFilter {
  readonly state?: string | undefined;
  readonly kind?: string | undefined;
}
