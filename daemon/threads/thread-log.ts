import type { MessagePort } from 'node:worker_threads';
import type { InternalEvent } from '../telemetry/catalogue.ts';
import type { LogLevel, LogMessage } from './messages.ts';

export type ThreadLog = (
  level: LogLevel,
  event: InternalEvent,
  fields?: Record<string, string | number | boolean>,
) => void;

/** A log whose lines the main thread writes. `step` is the word of the road that the lines belong to. */
export function threadLog(port: MessagePort, step: string): ThreadLog {
  return (level, event, fields = {}) =>
    port.postMessage({ type: 'log', level, step, event, fields } satisfies LogMessage);
}
