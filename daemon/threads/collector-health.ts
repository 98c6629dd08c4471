import type { Config } from '../../src/config/schema.ts';
import type { Health } from '../receive/reads/reads.ts';
import type { Counters } from '../telemetry/counters.ts';

const ENGINE_STATES = ['starting', 'ready', 'down', 'stopped'] as const;

/**
 * Whether an event sent now would be taken. The engine's state is told but does not decide: while it is away the spool
 * takes events all the same.
 */
export function health(counters: Counters, limits: Config['spool']): Health {
  const reason = reasonNotReady(counters, limits);
  const engine = ENGINE_STATES[counters.read('engine_state')] ?? 'starting';
  return {
    ready: reason === null,
    body: reason === null ? { status: 'ok', engine } : { status: 'unavailable', reason, engine },
  };
}

function reasonNotReady(counters: Counters, { bytesMax, freeBytesMin }: Config['spool']): string | null {
  if (counters.read('ready') === 0) return 'stopping';
  if (counters.read('spool_bytes') >= bytesMax) return 'spool_full';
  return counters.read('spool_free_bytes') < freeBytesMin ? 'disk_full' : null;
}
