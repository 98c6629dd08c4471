import type { Config } from '../../src/config/schema.ts';
import type { Gatekeeper } from '../access/gatekeeper.ts';
import type { Counters } from '../telemetry/counters.ts';
import type { Traffic } from '../telemetry/traffic.ts';
import type { Inflight } from './inflight.ts';
import type { Intake } from './intake.ts';
import type { ReceiverLog } from './log.ts';
import type { ClientAddress } from './sender.ts';

/** What the receiver has once, and hands to its own dialects and to each mount. */
export interface ReceiverParts {
  readonly limits: Config['receive'];
  readonly intake: Intake;
  readonly inflight: Inflight;
  readonly counters: Counters;
  readonly traffic: Traffic;
  readonly clientAddress: ClientAddress;
  readonly gatekeeper: Gatekeeper;
  readonly now: () => number;
  readonly log: ReceiverLog;
  /** Whether the receiver is stopping, so that no connection is kept. */
  readonly isStopping: () => boolean;
}
