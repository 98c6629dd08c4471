import { parentPort, workerData } from 'node:worker_threads';
import { TABLE_NAMES, type TableName } from '../../src/event/tables.ts';
import type { HeldMonths, HoldLimits } from '../flush/hold.ts';
import { targetsOf } from '../flush/targets.ts';
import { nodeDisk } from '../spool/disk.ts';
import type { AppendMessage, SpoolAnswer } from '../spool/protocol.ts';
import { openStateDatabase } from '../state/database.ts';
import { Counters } from '../telemetry/counters.ts';
import { watchLoopDelay } from '../telemetry/loop-delay.ts';
import { laneEvents } from './lane-events.ts';
import type {
  DeadLetterOperation,
  FromSpool,
  LaneFigures,
  LanePorts,
  SpoolThreadData,
  TableTotals,
  ToSpool,
} from './messages.ts';
import { type OpenLane, openLanes } from './open-lanes.ts';
import type { SpoolService } from './spool-service.ts';
import { threadLog } from './thread-log.ts';

/**
 * The spool thread: the only writer of the spool and the only sender of inserts.
 *
 * Promises: a group is answered `committed` after its sync. When a sync fails it says `fatal` and answers nothing more.
 * When it dies, so does the daemon (main ends the process); the next start finds every acknowledged row.
 */
const GAUGES_EVERY_MS = 250;
/** From the best to the worst. */
const BREAKER_STATES = ['closed', 'half-open', 'open'];

const port = parentPort!;
const data = workerData as SpoolThreadData;
const say = (message: FromSpool) => port.postMessage(message);
const log = threadLog(port, 'spool');
const counters = new Counters(data.counters, data.region);
const db = openStateDatabase(data.stateFile, data.stateSchemaFolder);
const tables = openLanes({
  folder: data.spoolFolder,
  shards: data.shards,
  config: data.config,
  db,
  disk: nodeDisk,
  events: (table, lane) => {
    const laneLog: typeof log = (level, event, fields) =>
      log(level, event, lane === null ? fields : { ...fields, lane });
    return laneEvents(counters, table, laneLog, {
      fatal: (error) => say({ type: 'fatal', error: String(error) }),
      changed: () => setLaneGauges(),
      now: Date.now,
    });
  },
  now: Date.now,
  monotonic: () => performance.now(),
  random: Math.random,
  target: targetsOf(data.store, data.config.flush.timeoutMs),
});
const lanes = tables.flatMap((table) => table.lanes);
/** Those whose batches go anywhere now. */
const served = lanes.filter((lane) => lane.served);
/** What a hold of some months concerns: retention deletes events only. */
const events = tables.filter(({ table }) => table === 'events').map(({ spool }) => spool);
/** Tables of the holds that were asked for and not released, by the id of the hold. */
const held = new Map<number, readonly SpoolService[]>();

let lastError = '';
let lanesTold = '';
const stopLoopDelay = watchLoopDelay(counters);
const gauges = setInterval(setGauges, GAUGES_EVERY_MS);
const flushing = Promise.all(
  lanes.map(({ service }) =>
    service.flusher.run().catch((error) => say({ type: 'fatal', error: String(error?.stack ?? error) })),
  ),
);
setGauges();
say({
  type: 'opened',
  tables: Object.fromEntries(TABLE_NAMES.map((table) => [table, totalsOf(table)])) as TotalsByTable,
});

type TotalsByTable = Record<TableName, TableTotals>;

port.on('message', (message: ToSpool) => {
  switch (message.type) {
    case 'collector':
      return serveCollector(message.lanes);
    case 'engine':
      for (const { target, service, shard } of served) {
        if (shard !== message.shard + 1) continue;
        target.use(message.endpoint);
        if (message.endpoint !== null) service.flusher.engineReady();
      }
      return;
    case 'seal':
      for (const { spool } of tables) void spool.seal();
      return;
    case 'deadletters':
      return say({ type: 'deadletters', id: message.id, ...operate(message.operation) });
    case 'hold': {
      const { id } = message;
      return void hold(id, message.months, message).then((granted) => say({ type: 'held', id, granted }));
    }
    case 'extend':
      return say({ type: 'held', id: message.id, granted: extend(message.id, message.holdMs) });
    case 'release':
      return release(message.id);
    case 'stop':
      return void stop(message.deadlineMs);
  }
});

function serveCollector(ports: LanePorts): void {
  for (const { name, spool } of tables) {
    const collector = ports[name]!;
    const answer = (message: SpoolAnswer) => collector.postMessage(message);
    collector.on('message', (message: AppendMessage) => spool.committer.submit(message, answer));
  }
}

/** Granted when every table that it concerns grants it; what some have granted is given back when another does not. */
async function hold(id: number, months: HeldMonths, limits: HoldLimits): Promise<boolean> {
  const concerned = months === 'all' ? tables.map(({ spool }) => spool) : events;
  held.set(id, concerned);
  const granted = await Promise.all(concerned.map((spool) => spool.hold(id, months, limits)));
  if (granted.every(Boolean)) return true;
  release(id);
  return false;
}

/** False when one of its lanes has gone on. */
function extend(id: number, holdMs: number): boolean {
  const extended = (held.get(id) ?? []).map((spool) => spool.extend(id, holdMs));
  return extended.length > 0 && extended.every(Boolean);
}

function release(id: number): void {
  for (const spool of held.get(id) ?? []) spool.release(id);
  held.delete(id);
}

function operate(operation: DeadLetterOperation) {
  try {
    let changed = 0;
    if (operation.do !== 'list') {
      for (const { service } of lanes) {
        try {
          changed += service.deadLetters[operation.do](operation.batches);
        } finally {
          // Some may be in the spool although one could not be.
          service.flusher.arrived();
        }
      }
    }
    return { letters: lanes.flatMap(({ service }) => service.deadLetters.list()), changed };
  } catch (error) {
    return { error: String(error) };
  } finally {
    setGauges();
  }
}

/** Flushes until the spool is empty or the time is up; what is left waits on disk for the next start. */
async function stop(deadlineMs: number): Promise<void> {
  const deadline = Date.now() + deadlineMs;
  await Promise.all(tables.map(({ spool }) => spool.close()));
  while (lanes.some(({ service, target }) => service.lane.rows > 0 && target.ready) && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  for (const { service, target } of lanes) {
    service.flusher.stop();
    target.abort();
  }
  await flushing;
  // Nothing is sent any more; their timers would keep the thread alive until it is ended by force.
  for (const id of [...held.keys()]) release(id);
  clearInterval(gauges);
  stopLoopDelay();
  setGauges();
  const rows = sum(({ service }) => service.lane.rows);
  for (const { service } of lanes) service.lane.close();
  await Promise.all(lanes.map(({ target }) => target.close()));
  db.close();
  say({ type: 'stopped', rows });
  port.close();
}

function totalsOf(table: TableName): TableTotals {
  const of = (figure: (lane: OpenLane) => number) => sum((lane) => (lane.table === table ? figure(lane) : 0));
  return {
    stored: of(({ state }) => state.totals().stored),
    deadLettered: of(({ state }) => state.totals().deadLettered),
    spooled: of(({ service }) => service.lane.rows),
  };
}

function sum(figure: (lane: OpenLane) => number): number {
  return lanes.reduce((total, lane) => total + figure(lane), 0);
}

function setLaneGauges(): void {
  const now = Date.now();
  let oldestMs = 0;
  for (const { service } of lanes) {
    const { oldestRowAt } = service.lane;
    if (oldestRowAt !== 0) oldestMs = Math.max(oldestMs, now - oldestRowAt);
  }
  counters.set('spool_oldest_seconds', oldestMs / 1_000);
  counters.set(
    'spool_bytes',
    sum(({ service }) => service.lane.bytes),
  );
  counters.set(
    'spool_segments',
    sum(({ service }) => service.lane.segments),
  );
  counters.set(
    'spool_rows',
    sum(({ service }) => service.lane.rows),
  );
}

function setGauges(): void {
  setLaneGauges();
  counters.set('spool_free_bytes', tables[0]!.spool.space.freeBytes);
  counters.set(
    'flush_breaker_state',
    Math.max(...served.map(({ service }) => BREAKER_STATES.indexOf(service.breaker.state))),
  );
  if (db.open) {
    for (const table of TABLE_NAMES) counters.set(`${table}_dead_lettered`, totalsOf(table).deadLettered);
  }
  sayLastError();
  if (lanes.length > tables.length) sayLanes();
}

/** The first of the lanes', with its shard where there are several. */
function sayLastError(): void {
  const failed = served.find(({ service }) => service.breaker.lastError !== '');
  const error = failed?.service.breaker.lastError ?? '';
  const told = failed === undefined || data.shards === 1 ? error : `shard ${failed.shard}: ${error}`;
  if (told === lastError) return;
  lastError = told;
  say({ type: 'flush', lastError });
}

function sayLanes(): void {
  const figures = lanes.map(({ name, shard, service }): LaneFigures => ({ name, shard, rows: service.lane.rows }));
  const told = JSON.stringify(figures);
  if (told === lanesTold) return;
  lanesTold = told;
  say({ type: 'lanes', lanes: figures });
}
