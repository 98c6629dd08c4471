import type { z } from 'zod';
import type { InternalEvent } from '../telemetry/catalogue.ts';
import type { Schedule } from './schedule.ts';

/**
 * A kind of task is one file: what it is called, what it may be given, and its steps in order.
 *
 * A step may be run again after a crash, from its last checkpoint: what it did behind that checkpoint it must be able to
 * do twice, or find done. What is before a checkpoint is never done again.
 */
export interface TaskKind<Params> {
  /** Letters and dashes. */
  readonly kind: string;
  readonly paramsSchema: z.ZodType<Params>;
  readonly steps: readonly TaskStep<Params>[];
  /** Why a person cannot ask for one; null: they can. */
  readonly refusal: string | null;
  /** For a recurring one, which is run with the params `{}`. */
  readonly schedule?: Schedule;
  /** Kinds that never run beside this one: whichever comes later waits. */
  readonly apart?: readonly string[];
  /** Takes what must not be kept with the params, like a password; called before a task is queued or retried. */
  readonly takeSecrets?: (secrets: Readonly<Record<string, string>>) => void;
}

export interface TaskStep<Params> {
  readonly name: string;
  run(context: TaskContext<Params>): Promise<void> | void;
}

export interface TaskContext<Params> {
  readonly task: number;
  readonly params: Params;
  /** When the task was asked for, milliseconds since the epoch: the same after every restart. */
  readonly createdAt: number;
  /** What this step saved last, null when it begins. */
  readonly saved: unknown;
  /** Aborted when the task is to end: for waits and calls that can be cut. */
  readonly signal: AbortSignal;
  readonly now: () => number;
  /** States how much of the step is done; saved with the next checkpoint. */
  progress(done: number, total: number): void;
  /** What screens show of it besides, while it runs. */
  detail(value: object): void;
  /**
   * Saves where to go on, as JSON, together with the progress. Ends the step here (by a throw that it lets pass) when the
   * task is cancelled or the daemon stops.
   */
  checkpoint(value: unknown): void;
  /** A line in the daemon's log and in `trackflow tasks show`. */
  log(level: 'info' | 'warn', event: InternalEvent, fields?: Readonly<Record<string, string | number | boolean>>): void;
}

/** A kind as the runner holds it: its params are checked by its own schema before a step sees them. */
export type AnyTaskKind = TaskKind<unknown>;

/** Forgets the type of the params, which `paramsSchema` proves at run time. */
export function taskKind<Params>(kind: TaskKind<Params>): AnyTaskKind {
  return kind as unknown as AnyTaskKind;
}
