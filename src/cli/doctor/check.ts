import type { ResolvedConfig } from '../../config/resolve.ts';
import type { Config } from '../../config/schema.ts';
import type { TrackflowError } from '../../errors/error.ts';
import type { Instance } from '../instance.ts';
import type { StatusReport } from '../status/read-status.ts';

/** `skip`: it could not be looked at, for the reason that `seen` gives. */
export type Verdict = 'pass' | 'warn' | 'fail' | 'skip';

export interface Finding {
  readonly verdict: Verdict;
  /** What was seen, with figures. */
  readonly seen: string;
  /** What to do or run next. */
  readonly next?: string;
}

/** What was found out once, for all checks. */
export interface Patient {
  readonly instance: Instance;
  readonly status: StatusReport;
  /** As the next start would have it. */
  readonly config: ResolvedConfig | TrackflowError;
  /** As it is now: of the running daemon, with the flags it was started with, else of the next start. */
  readonly settings: Config | TrackflowError;
  /** Milliseconds since the epoch, by the clock of this machine. */
  readonly now: () => number;
}

/** One question. `look` changes nothing; what it throws becomes a `fail`. */
export interface Check {
  readonly id: string;
  readonly look: (patient: Patient) => Finding | Promise<Finding>;
  /** Puts right what `look` found, where that can harm nobody. Says what it did, a sentence each. */
  readonly mend?: (patient: Patient) => readonly string[] | Promise<readonly string[]>;
}

export const pass = (seen: string): Finding => ({ verdict: 'pass', seen });
export const warn = (seen: string, next: string): Finding => ({ verdict: 'warn', seen, next });
export const fail = (seen: string, next: string): Finding => ({ verdict: 'fail', seen, next });
export const skip = (seen: string): Finding => ({ verdict: 'skip', seen });

/** For checks that need a valid configuration. */
export const NO_CONFIG = skip('the configuration is not valid');
/** For checks that need a running daemon. */
export const NO_DAEMON = skip('no daemon answers');
