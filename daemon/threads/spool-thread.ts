import path from 'node:path';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { ClickHouseTarget } from '../flush/clickhouse-target.ts';
import { nodeDisk } from '../spool/disk.ts';
import type { AppendMessage, SpoolAnswer } from '../spool/protocol.ts';
import { openStateDatabase } from '../state/database.ts';
import { SpoolState } from '../state/spool-state.ts';
import { Counters } from '../telemetry/counters.ts';
import { watchLoopDelay } from '../telemetry/loop-delay.ts';
import { laneEvents } from './lane-events.ts';
import { LaneService } from './lane-service.ts';
import type { DeadLetterOperation, FromSpool, SpoolThreadData, ToSpool } from './messages.ts';
import { threadLog } from './thread-log.ts';

/**
 * The spool thread: the only writer of the spool and the only sender of inserts.
 *
 * Promises: a group is answered `committed` after its sync. When a sync fails it says `fatal` and answers nothing more.
 * When it dies, so does the daemon (main ends the process); the next start finds every acknowledged row.
 */
const GAUGES_EVERY_MS = 250;

const port = parentPort!;
const data = workerData as SpoolThreadData;
const say = (message: FromSpool) => port.postMessage(message);
const log = threadLog(port, 'spool');
const counters = new Counters(data.counters, data.region);
const db = openStateDatabase(data.stateFile, data.stateSchemaFolder);
const state = new SpoolState(db, 'events');
const target = new ClickHouseTarget({ table: 'events', timeoutMs: data.config.flush.timeoutMs });
const events = laneEvents(counters, log, {
  fatal: (error) => say({ type: 'fatal', error: String(error) }),
  changed: () => setLaneGauges(),
  now: Date.now,
});
const service = new LaneService({
  name: 'events',
  folder: path.resolve(data.spoolFolder),
  config: data.config,
  disk: nodeDisk,
  state,
  target,
  events,
  now: Date.now,
  monotonic: () => performance.now(),
  random: Math.random,
});

let lastError = '';
const stopLoopDelay = watchLoopDelay(counters);
const gauges = setInterval(setGauges, GAUGES_EVERY_MS);
const flushing = service.flusher.run().catch((error) => say({ type: 'fatal', error: String(error?.stack ?? error) }));
setGauges();
say({ type: 'opened', stored: state.totals().stored, deadLettered: state.totals().deadLettered });

port.on('message', (message: ToSpool) => {
  switch (message.type) {
    case 'collector':
      return serveCollector(message.port);
    case 'engine':
      target.use(message.endpoint);
      if (message.endpoint !== null) service.flusher.engineReady();
      return;
    case 'seal':
      return void service.seal();
    case 'deadletters':
      return say({ type: 'deadletters', id: message.id, ...operate(message.operation) });
    case 'hold': {
      const { id, months } = message;
      return void service.hold.ask(id, months, message).then((granted) => say({ type: 'held', id, granted }));
    }
    case 'release':
      return service.hold.release(message.id);
    case 'stop':
      return void stop(message.deadlineMs);
  }
});

function serveCollector(collector: MessagePort): void {
  const answer = (message: SpoolAnswer) => collector.postMessage(message);
  collector.on('message', (message: AppendMessage) => service.committer.submit(message, answer));
}

function operate(operation: DeadLetterOperation) {
  try {
    if (operation.do === 'list') return { letters: service.deadLetters.list(), changed: 0 };
    const changed = service.deadLetters[operation.do](operation.batches);
    service.flusher.arrived();
    return { letters: service.deadLetters.list(), changed };
  } catch (error) {
    return { error: String(error) };
  } finally {
    setGauges();
  }
}

/** Flushes until the spool is empty or the time is up; what is left waits on disk for the next start. */
async function stop(deadlineMs: number): Promise<void> {
  const deadline = Date.now() + deadlineMs;
  await service.close();
  while (service.lane.rows > 0 && Date.now() < deadline && target.ready) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  service.flusher.stop();
  target.abort();
  await flushing;
  clearInterval(gauges);
  stopLoopDelay();
  setGauges();
  const { rows } = service.lane;
  service.lane.close();
  await target.close();
  db.close();
  say({ type: 'stopped', rows });
  port.close();
}

function setLaneGauges(): void {
  const { lane } = service;
  const oldestMs = lane.oldestRowAt === 0 ? 0 : Math.max(0, Date.now() - lane.oldestRowAt);
  counters.set('spool_oldest_seconds', oldestMs / 1_000);
  counters.set('spool_bytes', lane.bytes);
  counters.set('spool_segments', lane.segments);
  counters.set('spool_rows', lane.rows);
}

function setGauges(): void {
  const { breaker, space } = service;
  setLaneGauges();
  counters.set('spool_free_bytes', space.freeBytes);
  counters.set('flush_breaker_state', breaker.state === 'closed' ? 0 : breaker.state === 'half-open' ? 1 : 2);
  counters.set('events_dead_lettered', db.open ? state.totals().deadLettered : counters.read('events_dead_lettered'));
  if (breaker.lastError !== lastError) {
    lastError = breaker.lastError;
    say({ type: 'flush', lastError });
  }
}
