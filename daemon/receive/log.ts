import type { InternalEvent } from '../telemetry/catalogue.ts';

/** The part of the daemon's log that receive writes to. */
export interface ReceiverLog {
  warn(fields: object, event: InternalEvent): void;
  error(fields: object, event: InternalEvent): void;
}
