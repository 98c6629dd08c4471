import { parentPort, workerData } from 'node:worker_threads';
import { TABLE_NAMES, type TableName } from '../../src/event/tables.ts';
import type { HeldMonths, HoldLimits } from '../flush/hold.ts';
import { nodeDisk } from '../spool/disk.ts';
import type { AppendMessage, SpoolAnswer } from '../spool/protocol.ts';
import { openStateDatabase } from '../state/database.ts';
import { Counters } from '../telemetry/counters.ts';
import { watchLoopDelay } from '../telemetry/loop-delay.ts';
import { laneEvents } from './lane-events.ts';
import type { DeadLetterOperation, FromSpool, LanePorts, SpoolThreadData, TableTotals, ToSpool } from './messages.ts';
import { type OpenLane, openLanes } from './open-lanes.ts';
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
const lanes = openLanes({
  folder: data.spoolFolder,
  config: data.config,
  db,
  disk: nodeDisk,
  events: (table) =>
    laneEvents(counters, table, log, {
      fatal: (error) => say({ type: 'fatal', error: String(error) }),
      changed: () => setLaneGauges(),
      now: Date.now,
    }),
  now: Date.now,
  monotonic: () => performance.now(),
  random: Math.random,
});
/** What a hold of some months concerns: retention deletes events only. */
const eventLanes = lanes.filter(({ table }) => table === 'events');
/** Lanes of the holds that were asked for and not released, by the id of the hold. */
const heldLanes = new Map<number, readonly OpenLane[]>();

let lastError = '';
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
      for (const { target, service } of lanes) {
        target.use(message.endpoint);
        if (message.endpoint !== null) service.flusher.engineReady();
      }
      return;
    case 'seal':
      for (const { service } of lanes) void service.seal();
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
  for (const { name, service } of lanes) {
    const collector = ports[name]!;
    const answer = (message: SpoolAnswer) => collector.postMessage(message);
    collector.on('message', (message: AppendMessage) => service.committer.submit(message, answer));
  }
}

/** Granted when every lane that it concerns grants it; what some have granted is given back when another does not. */
async function hold(id: number, months: HeldMonths, limits: HoldLimits): Promise<boolean> {
  const concerned = months === 'all' ? lanes : eventLanes;
  heldLanes.set(id, concerned);
  const granted = await Promise.all(concerned.map(({ service }) => service.hold.ask(id, months, limits)));
  if (granted.every(Boolean)) return true;
  release(id);
  return false;
}

/** False when one of its lanes has gone on. */
function extend(id: number, holdMs: number): boolean {
  const extended = (heldLanes.get(id) ?? []).map(({ service }) => service.hold.extend(id, holdMs));
  return extended.length > 0 && extended.every(Boolean);
}

function release(id: number): void {
  for (const { service } of heldLanes.get(id) ?? []) service.hold.release(id);
  heldLanes.delete(id);
}

function operate(operation: DeadLetterOperation) {
  try {
    let changed = 0;
    if (operation.do !== 'list') {
      for (const { service } of lanes) {
        changed += service.deadLetters[operation.do](operation.batches);
        service.flusher.arrived();
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
  await Promise.all(lanes.map(({ service }) => service.close()));
  while (lanes.some(({ service, target }) => service.lane.rows > 0 && target.ready) && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  for (const { service, target } of lanes) {
    service.flusher.stop();
    target.abort();
  }
  await flushing;
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
  counters.set('spool_free_bytes', lanes[0]!.service.space.freeBytes);
  counters.set(
    'flush_breaker_state',
    Math.max(...lanes.map(({ service }) => BREAKER_STATES.indexOf(service.breaker.state))),
  );
  if (db.open) {
    for (const table of TABLE_NAMES) counters.set(`${table}_dead_lettered`, totalsOf(table).deadLettered);
  }
  const error = lanes.find(({ service }) => service.breaker.lastError !== '')?.service.breaker.lastError ?? '';
  if (error !== lastError) {
    lastError = error;
    say({ type: 'flush', lastError });
  }
}
