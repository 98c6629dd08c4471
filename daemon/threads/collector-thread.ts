import { parentPort, workerData } from 'node:worker_threads';
import { TrackflowError } from '../../src/errors/error.ts';
import { EVENTS } from '../../src/event/tables.ts';
import { ClickHouseReader } from '../../src/query/clickhouse-reader.ts';
import { trackerFiles } from '../../src/snippet/tracker-files.ts';
import { openGeo } from '../enrich/geo.ts';
import { createVisitorIds } from '../enrich/ids/visitor.ts';
import { PropertyKeys } from '../enrich/property-keys.ts';
import { createClientAddress } from '../enrich/proxy.ts';
import { buildRoad } from '../pipeline.ts';
import { openReceiver, type Receiver } from '../receive/receiver.ts';
import type { AcmeChallenges, Certificate } from '../receive/secure-server.ts';
import { CollectorRegistry } from '../registry/collector-registry.ts';
import { SpoolClient } from '../spool/client.ts';
import { Tap } from '../tail/tap.ts';
import { Counters } from '../telemetry/counters.ts';
import { watchLoopDelay } from '../telemetry/loop-delay.ts';
import { Metrics } from '../telemetry/metrics.ts';
import { Traffic } from '../telemetry/traffic.ts';
import { VisitorRegister } from '../telemetry/visitors.ts';
import { openCollectorAccess } from './collector-access.ts';
import { buildReads } from './collector-reads.ts';
import { collectorReport } from './collector-report.ts';
import type { AccountKey, CollectorThreadData, FromCollector, ToCollector } from './messages.ts';
import { sfplMount } from './sfpl-mount.ts';
import { threadLog } from './thread-log.ts';

/**
 * A collector thread: listens, walks each event down the pure part of the road and answers when the spool has it.
 *
 * Promises: nothing is answered 202 that the spool thread has not confirmed. It holds no state that its death would lose
 * but requests without an answer; main starts another.
 */
const GEO_CACHED_MAX = 50_000;
const VISITORS_CACHED_MAX = 100_000;
const SOURCES_EVERY_MS = 1_000;

const port = parentPort!;
const data = workerData as CollectorThreadData;
const { config } = data;
const say = (message: FromCollector) => port.postMessage(message);
const log = threadLog(port, 'receive');
const counters = new Counters(data.counters, data.region);

let salts = new Map(data.salts);
const visitorIds = createVisitorIds((day) => salts.get(day), VISITORS_CACHED_MAX);
let learned: AccountKey[] = [];
const propertyKeys = new PropertyKeys({ keysPerAccountMax: config.events.propertyKeysMax }, (account, key) => {
  if (learned.length === 0) setImmediate(sayLearned);
  learned.push([account, key]);
});
propertyKeys.load(data.propertyKeys);
const traffic = new Traffic({
  counters,
  visitors: new VisitorRegister(data.visitors, data.visitorsRegion),
  elapsed: () => performance.now(),
  now: Date.now,
});
const stopLoopDelay = watchLoopDelay(counters);
let sourcesTimer: NodeJS.Timeout | undefined;
const statusAsked = new Map<number, (status: object) => void>();
const tap = new Tap({
  sink: new SpoolClient(data.lanes.events!, EVENTS, data.shards),
  send: (tailed) => say({ type: 'tailed', tailed }),
  now: Date.now,
});
const clientAddress = createClientAddress(config.receive.trustedProxies);
const access = openCollectorAccess({
  config,
  snapshot: data.access,
  memory: data.meters,
  addressOf: clientAddress,
  saltOf: (day) => salts.get(day),
  onUsed: (keys) => say({ type: 'used', keys }),
  now: Date.now,
});
// What came before there was a receiver.
let certificate: Certificate | null = null;
let challenges: AcmeChallenges | null = null;
const registry = new CollectorRegistry(data.registry, (id, ask) => say({ type: 'ask', id, ask }));
let receiver: Receiver | null = null;

port.on('message', (message: ToCollector) => {
  switch (message.type) {
    case 'salts': {
      const gone = [...salts.keys()].filter((day) => !message.salts.some(([kept]) => kept === day));
      salts = new Map(message.salts);
      for (const day of gone) visitorIds.forget(day);
      return;
    }
    case 'learn':
      for (const [account, key] of message.keys) propertyKeys.learn(account, key);
      return;
    case 'status':
      statusAsked.get(message.id)?.(message.status);
      statusAsked.delete(message.id);
      return;
    case 'replied':
      return registry.replied(message.reply);
    case 'news':
      return registry.learn(message.news);
    case 'watch':
      return watch(message.watched);
    case 'tails':
      return tap.use(message.tails);
    case 'access':
      return access.apply(message.change);
    case 'certificate':
      certificate = message.certificate;
      return receiver?.replaceCertificate(certificate);
    case 'challenges':
      challenges = message.challenges;
      receiver?.answerChallenges(challenges);
      return say({ type: 'challenging', id: message.id });
    case 'close':
      return void close(message.deadlineMs);
  }
});

open().catch((error) => {
  const known =
    error instanceof TrackflowError ? error : new TrackflowError('TF_FAILED', String(error?.stack ?? error));
  say({ type: 'failed', code: known.code, message: known.message, hints: known.hints });
  closeLanes();
  port.close();
});

async function open(): Promise<void> {
  const geo = await openGeo(config.geo.database, GEO_CACHED_MAX);
  const metrics = new Metrics(counters);
  const reads = buildReads(new ClickHouseReader(data.endpoint, config.query), config.query, Date.now);
  receiver = await openReceiver({
    config,
    road: buildRoad({ config, counters, geo, visitorIds, propertyKeys, sessions: data.sessions }),
    sink: tap,
    counters,
    traffic,
    clientAddress,
    gatekeeper: access.gatekeeper,
    readsAt: data.readsAt,
    tls: data.tls,
    tracker: trackerFiles(config),
    reads,
    mounts: [sfplMount({ config, lanes: data.lanes, shards: data.shards, registry, geo, reads })],
    report: collectorReport({ counters, limits: config.spool, metrics, status: askStatus, now: Date.now }),
    now: Date.now,
    log: {
      warn: (fields, event) => log('warn', event, fields as Record<string, string>),
      error: (fields, event) => log('error', event, fields as Record<string, string>),
    },
  });
  if (certificate !== null) receiver.replaceCertificate(certificate);
  if (challenges !== null) receiver.answerChallenges(challenges);
  say({ type: 'listening', port: receiver.port });
}

function closeLanes(): void {
  for (const lane of Object.values(data.lanes)) lane.close();
}

let nextStatusId = 0;
function askStatus(): Promise<object> {
  const id = nextStatusId++;
  say({ type: 'status', id });
  return new Promise((resolve) => statusAsked.set(id, resolve));
}

function sayLearned(): void {
  say({ type: 'learned', keys: learned });
  learned = [];
}

function watch(watched: boolean): void {
  clearInterval(sourcesTimer);
  traffic.watch(watched);
  if (!watched) return;
  sourcesTimer = setInterval(() => {
    const sources = traffic.take();
    if (sources.length > 0) say({ type: 'sources', sources });
  }, SOURCES_EVERY_MS);
}

async function close(deadlineMs: number): Promise<void> {
  await receiver?.close(deadlineMs);
  access.close();
  stopLoopDelay();
  watch(false);
  closeLanes();
  tap.flush();
  say({ type: 'closed' });
  port.close();
}
