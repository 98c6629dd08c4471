import { join } from 'node:path';
import { readMigrations } from '../../../clickhouse/migrate.ts';
import { packageRoot } from '../../../package-root.ts';
import { bytesText, countText, secondsText } from '../../terminal/units.ts';
import { type Check, type Finding, fail, NO_DAEMON, type Patient, pass, skip, warn } from '../check.ts';
import { clock } from './clock.ts';
import { engineHealth, enginePorts } from './engine.ts';
import { runningConfig } from './running-config.ts';

/** Older than this, the spool does not keep up with what comes in. */
const OLDEST_SECONDS_MAX = 60;

/** The running daemon, from its control socket inwards. */
export const DAEMON_CHECKS: readonly Check[] = [
  { id: 'control-socket', look: controlSocket },
  { id: 'config-running', look: runningConfig },
  { id: 'engine', look: engine },
  { id: 'engine-ports', look: enginePorts },
  { id: 'engine-health', look: engineHealth },
  { id: 'clock', look: clock },
  { id: 'schema', look: schema },
  { id: 'spool', look: spool },
  { id: 'dead-letters', look: deadLetters },
];

function controlSocket({ status }: Patient): Finding {
  if (status.running !== undefined) return pass(`the daemon (pid ${status.running.pid}) answers`);
  const { state, problems } = status.document;
  if (state === 'stopped') return skip('the daemon is stopped');
  return fail(`${state}: ${problems.join(', ')}`, state === 'dead' ? 'trackflow start' : 'trackflow stop --force');
}

function engine({ status }: Patient): Finding {
  if (status.running === undefined) return NO_DAEMON;
  const { kind, version, state, url } = status.running.engine;
  const seen = `${kind} ClickHouse ${version} at ${url} is ${state}`;
  if (state === 'ready') return pass(seen);
  return fail(`${seen}; events are kept in the spool meanwhile`, 'trackflow logs --engine -n 50');
}

async function schema({ status, instance }: Patient): Promise<Finding> {
  if (status.running?.engine.state !== 'ready') return NO_DAEMON;
  const { rows } = await instance.control.query('SELECT max(number) AS newest FROM schema_migrations');
  const found = Number(rows[0]?.newest);
  const { store } = status.running;
  const folder = join(packageRoot(), 'schema', store === undefined ? 'clickhouse' : store.kind);
  const wanted = readMigrations(folder).at(-1)?.number ?? 0;
  if (found === wanted) return pass(`schema ${found}${store === undefined ? '' : ' of PostgreSQL'}`);
  return fail(
    `the database has schema ${found}, this version brings ${wanted}`,
    'trackflow restart applies what is missing',
  );
}

function spool({ status }: Patient): Finding {
  if (status.running === undefined) return NO_DAEMON;
  const { spool: found, flush } = status.running;
  const seen = `${countText(found.rows)} events in ${bytesText(found.bytes)}, oldest ${secondsText(found.oldestAgeSeconds)}`;
  if (found.quarantined > 0)
    return fail(`${seen}; ${found.quarantined} damaged segments`, 'check the disk (dmesg, smartctl)');
  if (flush.breaker !== 'closed')
    return fail(`${seen}; the breaker is ${flush.breaker}: ${flush.lastError}`, 'trackflow status');
  if (found.oldestAgeSeconds > OLDEST_SECONDS_MAX)
    return warn(`${seen}; the flush does not keep up`, 'trackflow status');
  return pass(seen);
}

function deadLetters({ status }: Patient): Finding {
  if (status.running === undefined) return NO_DAEMON;
  const { events, store } = status.running;
  const { deadLettered } = events;
  if (deadLettered === 0) return pass('none');
  return warn(
    `${countText(deadLettered)} events that ${store === undefined ? 'ClickHouse' : 'PostgreSQL'} refuses`,
    'trackflow deadletter list',
  );
}
