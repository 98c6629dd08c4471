import { TrackflowError } from '../errors/error.ts';

/** Waits for a command that only looks on: Ctrl-C is how it ends, no failure. Everything else is thrown on. */
export async function endsWhenInterrupted(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (cause) {
    if (!(cause instanceof TrackflowError) || cause.code !== 'TF_INTERRUPTED') throw cause;
  }
}
