import { TrackflowError } from '../../src/errors/error.ts';
import type { Hold, SpoolHandle } from '../threads/spool-handle.ts';
import { aborted } from './target.ts';

/** How long the batch at hand gets to meet its fate, and those of an earlier process. */
const HOLD_WAIT_MS = 120_000;
/** The flush goes on by itself when nothing was heard for so long. */
const HOLD_MS = 600_000;
const HOLD_EXTENDED_EVERY_MS = 60_000;

export interface SwitchParts {
  readonly spool: Pick<SpoolHandle, 'hold' | 'setEngine'>;
  /** These settings are others in the configuration now: the daemon has to be opened anew. Returns at once. */
  readonly reopen: (changed: readonly string[]) => void;
}

interface SwitchContext {
  readonly signal: AbortSignal;
  readonly log: (level: 'info', event: 'reopening') => void;
}

/** What is proven while no batch is on its way, and what then makes the other place the one. */
export interface Proof {
  /** Resolves when both places hold the same. */
  readonly prove: () => Promise<void>;
  /** Writes which place it is from now on, and returns the settings that are others now. */
  readonly commit: () => readonly string[];
  /** Gives the flush its place of before again. */
  readonly restore: () => void;
}

/**
 * The moment in which rows get another place, of an engine or a store: `work` proves and commits (once, with what it is
 * given), then the daemon opens anew. Never resolves: the step ends as done in the daemon that has the new place. Rejects
 * when nothing was committed.
 */
export async function switchOver(
  { spool, reopen }: SwitchParts,
  { signal, log }: SwitchContext,
  work: (commitProven: (proof: Proof) => Promise<void>) => Promise<void>,
): Promise<never> {
  let changed: readonly string[] | null = null;
  try {
    await work(async (proof) => {
      changed = await proveAndCommit(spool, signal, proof);
    });
  } catch (error) {
    // From the commit on there is no way but forward, whatever fails when connections are let go.
    if (changed === null) throw error;
  }
  log('info', 'reopening');
  reopen(changed ?? []);
  return aborted(signal);
}

/** When it rejects, the place of before has its batches again. */
async function proveAndCommit(
  spool: SwitchParts['spool'],
  signal: AbortSignal,
  { prove, commit, restore }: Proof,
): Promise<readonly string[]> {
  const hold = await heldFlush(spool, signal);
  try {
    const extending = setInterval(() => void hold.extend(HOLD_MS), HOLD_EXTENDED_EVERY_MS);
    await prove().finally(() => clearInterval(extending));
    if (!(await hold.extend(HOLD_MS)))
      throw new TrackflowError('TF_BUSY', 'the flush went on while rows were compared');
    // The hold outlives this daemon: no batch finds its way to the place of before, even when that comes back now.
    spool.setEngine(0, null);
    return commit();
  } catch (error) {
    restore();
    hold.release();
    throw error;
  }
}

async function heldFlush(spool: SwitchParts['spool'], signal: AbortSignal): Promise<Hold> {
  const hold = await spool.hold('all', { waitMs: HOLD_WAIT_MS, holdMs: HOLD_MS }, signal);
  if (hold !== null) return hold;
  signal.throwIfAborted();
  throw new TrackflowError('TF_BUSY', 'the flush is held by another task, or a batch stays on its way');
}
