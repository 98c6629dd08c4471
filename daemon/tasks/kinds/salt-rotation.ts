import { z } from 'zod';
import { TrackflowError } from '../../../src/errors/error.ts';
import { type AnyTaskKind, taskKind } from '../kind.ts';
import { HOUR_MS } from '../schedule.ts';

export interface SaltRotationParts {
  /** Draws the salts that are missing and gives collectors those of now, and no others. */
  renew(): void;
  /** Deletes the salts of days that have none any more. Returns how many. */
  destroyOld(): number;
  /** Takes the deleted ones out of the write-ahead log. False: somebody reads it now. */
  emptyLog(): boolean;
}

/**
 * Draws tomorrow's salt ahead and destroys that of yesterday, at 01:00 UTC, when no event of that day is on its way any
 * more; and every six hours, so that one that failed is made up for on the same day. The log is emptied in a step of its own, so a daemon that dies between deleting and emptying still
 * does it.
 */
export function saltRotation(parts: SaltRotationParts): AnyTaskKind {
  return taskKind({
    kind: 'salt-rotation',
    paramsSchema: z.strictObject({}),
    refusal: 'it runs by itself every six hours',
    schedule: { everyMs: 6 * HOUR_MS, offsetMs: HOUR_MS },
    steps: [
      { name: 'renew', run: () => parts.renew() },
      {
        name: 'destroy',
        run({ log }) {
          const destroyed = parts.destroyOld();
          if (destroyed > 0) log('info', 'salts_destroyed', { destroyed });
        },
      },
      {
        name: 'empty-log',
        run() {
          if (!parts.emptyLog()) throw new TrackflowError('TF_BUSY', 'the write-ahead log of state.db is being read');
        },
      },
    ],
  });
}
