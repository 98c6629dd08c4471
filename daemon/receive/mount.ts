import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Config } from '../../src/config/schema.ts';
import type { Gatekeeper } from '../access/gatekeeper.ts';
import type { Counters } from '../telemetry/counters.ts';
import type { Traffic } from '../telemetry/traffic.ts';
import type { Failure } from './failure.ts';
import type { Inflight } from './inflight.ts';
import type { Intake } from './intake.ts';
import type { ReceiverLog } from './log.ts';
import type { ClientAddress } from './sender.ts';
import type { Messages } from './websocket/messages.ts';

/** What a mount is handed of the receiver it stands in. */
export interface MountParts {
  readonly limits: Config['receive'];
  readonly intake: Intake;
  readonly inflight: Inflight;
  readonly counters: Counters;
  readonly traffic: Traffic;
  readonly clientAddress: ClientAddress;
  readonly gatekeeper: Gatekeeper;
  readonly now: () => number;
  readonly log: ReceiverLog;
  readonly isStopping: () => boolean;
}

/**
 * A dialect that has more than one path and answers in words of its own. It takes the requests that no path of ours takes,
 * before the reads do.
 */
export interface Mount {
  /** Answers when the request is for it; false, and nothing is done, when it is not. `expectsContinue`: the body is asked for. */
  handle(req: IncomingMessage, res: ServerResponse, path: string, expectsContinue: boolean): boolean;
  /** What is spoken on a WebSocket opened at `path`, why none may be, or nothing where the path is not its own. */
  messages(req: IncomingMessage, path: string): Messages | Failure | undefined;
}

export type OpenMount = (parts: MountParts) => Mount;
