import { TrackflowError } from '../../errors/error.ts';
import { STOP_MS_MAX } from '../docker/bring-up.ts';
import type { ContainerSpec } from '../docker/client/container-spec.ts';
import type { Docker } from '../docker/client/docker.ts';
import { type Converged, converge, type Outcome } from '../docker/converge.ts';

export interface MemberOutcome {
  readonly container: string;
  readonly outcome: Outcome;
}

/** What one call changes of several containers: kept when all of it works, undone in reverse when not. */
export class Change {
  readonly #docker: Docker;
  readonly #onStep: (line: string) => void;
  readonly #undoing: (() => Promise<void>)[] = [];
  readonly #made: { readonly container: string; readonly change: Converged }[] = [];

  constructor(docker: Docker, onStep: (line: string) => void) {
    this.#docker = docker;
    this.#onStep = onStep;
  }

  /** Those that were brought up so far, in that order. */
  get members(): MemberOutcome[] {
    return this.#made.map(({ container, change }) => ({ container, outcome: change.outcome }));
  }

  /** Something else that is to be undone with the rest. */
  undoLater(undo: () => Promise<void>): void {
    this.#undoing.push(undo);
  }

  /** Rejects as `converge` does; what went before is then still to be undone. */
  async bring(spec: ContainerSpec, recreate: boolean): Promise<Outcome> {
    const change = await converge(this.#docker, spec, { recreate, stopMs: STOP_MS_MAX });
    this.#undoing.push(() => change.undo());
    this.#made.push({ container: spec.name, change });
    if (change.outcome !== 'adopted') this.#onStep(`container ${spec.name}: ${change.outcome}`);
    return change.outcome;
  }

  async settle(): Promise<void> {
    for (const { change } of this.#made) await change.settle();
  }

  /** Stops what was started or made here, and nothing else. */
  async stop(): Promise<void> {
    const started = this.members.filter(({ outcome }) => outcome !== 'adopted');
    await Promise.all(started.map(({ container }) => this.#docker.stop(container, STOP_MS_MAX)));
  }

  /** Returns the error to tell: `cause`, with what could not be undone. */
  async undo(cause: unknown): Promise<unknown> {
    try {
      for (let undo = this.#undoing.pop(); undo !== undefined; undo = this.#undoing.pop()) await undo();
      return cause;
    } catch (failure) {
      if (!(cause instanceof TrackflowError)) return cause;
      const { code, message, hints } = cause;
      const left = failure instanceof Error ? failure.message : String(failure);
      return new TrackflowError(code, `${message}\nand it could not be undone: ${left}`, {
        hints: [...hints, 'trackflow cluster status'],
        cause,
      });
    }
  }
}
