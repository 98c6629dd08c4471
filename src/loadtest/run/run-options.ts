import type { ControlClient } from '../../control/client.ts';
import type { Fault } from '../fault/faults.ts';
import type { LiveFigures } from '../live/live-figures.ts';
import type { LoadPlan } from '../plan/plan.ts';
import type { Slo } from '../report/slo.ts';
import type { RunFolder } from './run-folder.ts';

/** What one run is made of. */
export interface RunOptions {
  readonly plan: LoadPlan;
  /** What the collector knows the load test by; null where it asks for nothing. Never written down. */
  readonly key: string | null;
  readonly folder: RunFolder;
  /** It must outlive `stop`. */
  readonly control: ControlClient;
  readonly faults: readonly Fault[];
  readonly slos: readonly Slo[];
  /** Starts the daemon again after a fault has killed it. */
  readonly restart: () => Promise<void>;
  readonly verify: boolean;
  /** How long to wait for the spool to empty. */
  readonly drainMs: number;
  /** Told of everything as it happens. */
  readonly live: LiveFigures;
  readonly now: () => number;
}
