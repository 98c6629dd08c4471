import path from 'node:path';
import pino, { type Logger } from 'pino';
import buildRollingFile from 'pino-roll';
import { withoutSecrets } from '../src/access/redact.ts';
import type { Config } from '../src/config/schema.ts';
import { INTERNAL_EVENTS, type InternalEvent } from './telemetry/catalogue.ts';
import type { Counters } from './telemetry/counters.ts';
import type { RecentLog } from './telemetry/recent-log.ts';
import type { LogLevel } from './threads/messages.ts';

/** Characters of lines that wait for room on the disk. */
const UNWRITTEN_CHARS_MAX = 1024 * 1024;

export interface Log {
  write(level: LogLevel, step: string, event: InternalEvent, fields?: Readonly<Record<string, unknown>>): void;
  /** Writes what is buffered and closes the file. */
  close(): Promise<void>;
}

/**
 * The daemon's log: JSON lines in `<home>/logs/daemon.N.log`, rotated by size. `step` is a word of the road, `event` a
 * fixed name; values are JSON strings, so a hostile text cannot begin a line of its own.
 *
 * Always true: writing a line never throws. On a full disk lines wait in memory, `UNWRITTEN_CHARS_MAX` of them; those above
 * it, and those that wait at a stop, are lost.
 */
export async function openLog(folder: string, config: Config['log']): Promise<Log> {
  const file = await buildRollingFile({
    file: path.join(folder, 'daemon.log'),
    size: `${Math.ceil(config.fileBytesMax / 1024)}k`,
    limit: { count: config.filesMax, removeOtherLogFiles: true },
    mkdir: true,
    mode: 0o600,
    sync: true,
    maxLength: UNWRITTEN_CHARS_MAX,
  });
  // A disk without room must not end the daemon: what it does not take is tried again with the next line.
  file.on('error', () => {});
  const logger: Logger = pino(
    { level: config.level, base: null, timestamp: pino.stdTimeFunctions.isoTime, messageKey: 'event' },
    // Whatever got into a message on its way here.
    { write: (line: string) => file.write(withoutSecrets(line)) },
  );
  return {
    write: (level, step, event, fields = {}) => logger[level]({ step, ...fields }, event),
    close: () =>
      new Promise((resolve) => {
        file.once('close', resolve);
        file.once('error', () => file.destroy());
        file.end();
      }),
  };
}

/** A log whose lines are counted by name, and whose newest entries are also kept for the control stream. */
export function withTelemetry(log: Log, recent: RecentLog, counters: Counters, now: () => number): Log {
  return {
    write(level, step, event, fields = {}) {
      recent.add({ at: now(), level, step, event, fields: redacted(fields) });
      if (event in INTERNAL_EVENTS) counters.add(`log_events_total{event="${event}"}`);
      log.write(level, step, event, fields);
    },
    close: () => log.close(),
  };
}

function redacted(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const entries = Object.entries(fields);
  return Object.fromEntries(
    entries.map(([name, value]) => {
      const told = value instanceof Error ? value.message : value;
      return [name, typeof told === 'string' ? withoutSecrets(told) : told];
    }),
  );
}
