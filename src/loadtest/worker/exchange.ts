import type { LoadRequest } from '../profile/requests.ts';
import type { Outgoing } from '../send/sender.ts';

/** A request on its way from the schedule to its answer. Times are milliseconds since `plan.startedAt`. */
export class Exchange implements Outgoing {
  readonly request: LoadRequest;
  readonly count: number;
  readonly userAgent: string;
  /** When the schedule has it start; in the closed model, when it does. */
  intendedMs: number;
  sentMs = 0;
  path = '';
  body = '';
  bytes = 0;
  again = false;
  /** Events that the first answer acknowledged. */
  acknowledged = 0;

  constructor(request: LoadRequest, intendedMs: number) {
    this.request = request;
    this.count = request.count;
    this.userAgent = request.userAgent;
    this.intendedMs = intendedMs;
  }
}
