/**
 * Lets a bounded number of reads run at once.
 *
 * Promises: at most `concurrentMax` run; the others wait in the order in which they came. Always true: a place is given
 * back however its read ends. Full (`queueMax` wait already, or `waitMsMax` passed): TF_BUSY, the read was never
 * started. Nothing is kept, so nothing is lost when the process dies.
 */
import { TrackflowError } from '../errors/error.ts';

export interface GateLimits {
  /** Reads that run at once. */
  readonly concurrentMax: number;
  /** Reads that wait. */
  readonly queueMax: number;
  /** Time that one of them waits. */
  readonly waitMsMax: number;
}

export class Gate {
  readonly #limits: GateLimits;
  /** One function per waiting read, oldest first: it hands over the place of the one that ended. */
  readonly #waiting = new Set<() => void>();
  #running = 0;

  constructor(limits: GateLimits) {
    this.#limits = limits;
  }

  /**
   * Runs `read` when there is a place. Rejects with TF_BUSY when there is none in time, with the signal's reason when
   * it aborts while waiting, else as `read` does.
   */
  async run<T>(read: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    if (this.#running < this.#limits.concurrentMax) this.#running++;
    else await this.#wait(signal);
    try {
      return await read();
    } finally {
      this.#leave();
    }
  }

  #wait(signal: AbortSignal | undefined): Promise<void> {
    const { queueMax, waitMsMax } = this.#limits;
    if (this.#waiting.size >= queueMax) throw this.#busy(`${queueMax} more are waiting`);
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
        this.#waiting.delete(enter);
        settle();
      };
      const enter = () => end(resolve);
      const abort = () => end(() => reject(signal?.reason));
      const timer = setTimeout(() => end(() => reject(this.#busy(`none ended within ${waitMsMax} ms`))), waitMsMax);
      signal?.addEventListener('abort', abort);
      this.#waiting.add(enter);
    });
  }

  /** The place goes straight to the next in line: nobody who comes now can take it first. */
  #leave(): void {
    const [next] = this.#waiting;
    if (next) next();
    else this.#running--;
  }

  #busy(why: string): TrackflowError {
    return new TrackflowError('TF_BUSY', `${this.#limits.concurrentMax} reads are running and ${why}`, {
      hints: ['try again in a moment, or raise query.concurrentMax'],
    });
  }
}
