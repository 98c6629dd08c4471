import path from 'node:path';
import type { Status } from '../../src/control/protocol.ts';
import type { StreamState } from '../../src/control/stream.ts';
import { COUNTERS, type CounterName } from '../telemetry/catalogue.ts';
import type { Counters } from '../telemetry/counters.ts';

export interface StateSources {
  readonly status: Status;
  readonly counters: Counters;
  readonly limits: StreamState['limits'];
  readonly diskFullAt: number | null;
  readonly retention: NonNullable<StreamState['retention']>;
  readonly schedules: NonNullable<StreamState['schedules']>;
}

/** The document beside the numbers, from the same sources as `trackflow status`. */
export function streamState(sources: StateSources): StreamState {
  const { status, counters, limits, diskFullAt, retention, schedules } = sources;
  const { version, pid, url, state, problems, engine, flush } = status;
  return {
    instance: path.basename(status.home),
    version,
    pid,
    url,
    startedAt: Date.parse(status.startedAt),
    state,
    problems,
    engine: {
      kind: engine.kind,
      version: engine.version,
      state: engine.state,
      restarts: counters.read('engine_restarts_total'),
      ...(engine.shards !== undefined && { shards: engine.shards.map((shard) => shard.state) }),
      container: containerOf(engine.container),
    },
    breaker: flush.breaker,
    lastFlushError: flush.lastError,
    strategy: flush.strategy,
    limits,
    diskFullAt,
    rejectedByReason: byReason(counters, REJECTED),
    refusedByReason: byReason(counters, REFUSED),
    retention,
    schedules,
  };
}

/** Without what changes with every look: that would be sent with every look. */
function containerOf(found: Status['engine']['container']): NonNullable<StreamState['engine']['container']> | null {
  if (found === null) return null;
  const { name, image, status, health, memoryBytesMax } = found;
  return { name, image, status, health, memoryBytesMax };
}

type Reasons = readonly (readonly [reason: string, name: CounterName])[];

const REJECTED = reasonsOf('events_rejected_total');
const REFUSED = reasonsOf('events_refused_total');

function reasonsOf(prefix: string): Reasons {
  return COUNTERS.filter((name) => name.startsWith(`${prefix}{`)).map((name) => [name.split('"')[1]!, name]);
}

function byReason(counters: Counters, reasons: Reasons): Record<string, number> {
  return Object.fromEntries(reasons.map(([reason, name]) => [reason, counters.read(name)]));
}
