/**
 * The first step of the road: one collector's listener for HTTP and WebSocket. It is handed everything it needs and
 * knows nothing of what lies behind the road and the sink.
 *
 * Promises: 202 (or an ack) only for what the sink said is durable; nothing is read that is over its limit; one bad
 * event holds back no other. When the sink is full or refuses: 503 with Retry-After, nothing is dropped silently. When
 * it closes: what is in flight gets its answer, what comes after gets 503, within the deadline. When it dies, requests
 * without answer may or may not be taken.
 */
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo, ListenOptions } from 'node:net';
import type { Config } from '../../src/config/schema.ts';
import { listenError } from '../../src/errors/listen-error.ts';
import type { Gatekeeper } from '../access/gatekeeper.ts';
import type { Road } from '../road.ts';
import type { Counters } from '../telemetry/counters.ts';
import type { Traffic } from '../telemetry/traffic.ts';
import { Crowd } from './crowd.ts';
import { Inflight } from './inflight.ts';
import { Ingest } from './ingest/ingest.ts';
import { Intake } from './intake.ts';
import type { ReceiverLog } from './log.ts';
import type { OpenMount } from './mount.ts';
import { openReadsListener } from './reads/listener.ts';
import type { ReadsAt } from './reads/place.ts';
import { openReads, type Reads, type Report } from './reads/reads.ts';
import { ingestRoutes } from './routes.ts';
import type { AcmeChallenges, Certificate, TlsOptions } from './secure-server.ts';
import { type ClientAddress, senderOf } from './sender.ts';
import { createHttpServer, type HttpServer, isAnswering } from './server.ts';
import type { EventSink } from './sink.ts';
import { type ServedFile, TrackerScript } from './tracker-script.ts';
import { WebSocketDoor } from './websocket/door.ts';
import { eventMessages } from './websocket/messages.ts';

export interface ReceiverOptions {
  readonly config: Pick<Config, 'access' | 'listen' | 'receive' | 'tls' | 'tracker'>;
  readonly road: Road;
  readonly sink: EventSink;
  readonly counters: Counters;
  readonly traffic: Traffic;
  readonly clientAddress: ClientAddress;
  readonly gatekeeper: Gatekeeper;
  readonly reads: Reads;
  readonly readsAt: ReadsAt;
  /** Null: plain HTTP. */
  readonly tls: TlsOptions | null;
  /** The files of the browser tracker. */
  readonly tracker: readonly ServedFile[];
  readonly report: Report;
  /** Dialects with paths of their own, in the order in which they are asked. */
  readonly mounts?: readonly OpenMount[];
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: ReceiverLog;
}

export interface Receiver {
  readonly address: string;
  readonly port: number;
  /** For handshakes from now on. */
  replaceCertificate(certificate: Certificate): void;
  answerChallenges(challenges: AcmeChallenges): void;
  /** Takes nothing more, finishes what is begun, and cuts off what is left after `deadlineMs`. */
  close(deadlineMs: number): Promise<void>;
}

/**
 * Listens on `config.listen`, sharing the port with the other collectors of this instance.
 * Throws TF_PORT_IN_USE, TF_PERMISSION or TF_CONFIG when it cannot.
 */
export async function openReceiver(options: ReceiverOptions): Promise<Receiver> {
  const {
    config,
    road,
    sink,
    counters,
    traffic,
    clientAddress,
    gatekeeper,
    reads,
    readsAt,
    tls,
    report,
    tracker,
    mounts = [],
    now,
    log,
  } = options;
  const limits = config.receive;
  let stopping = false;
  const isStopping = () => stopping;
  const inflight = new Inflight(limits.inflightBytesMax, counters);
  const intake = new Intake(road, sink, counters, traffic, inflight);
  const read = await openReads({
    listenHost: hostOf(readsAt, config.listen.host),
    names: config.access.hosts,
    gatekeeper,
    reads,
    report,
    counters,
    log,
    isStopping,
  });
  const door = new WebSocketDoor({
    connectionsMax: limits.webSocketsMax,
    messageBytesMax: limits.bodyBytesMax,
    idleMs: limits.webSocketIdleMs,
    intake,
    inflight,
    counters,
    traffic,
    now,
    log,
  });
  const crowd = new Crowd({ limits, clientAddress, counters, elapsed: () => performance.now() });
  const parts = { limits, intake, inflight, counters, traffic, clientAddress, gatekeeper, now, log, isStopping };
  const http = createHttpServer({
    limits,
    tls,
    hstsSeconds: tls === null ? 0 : config.tls.hstsSeconds,
    routes: ingestRoutes(limits.eventsPath, config.tracker.collectPath || limits.eventsPath),
    ingest: new Ingest(parts),
    door,
    messages: eventMessages(limits.eventsPerRequestMax),
    mounts: mounts.map((open) => open(parts)),
    script: new TrackerScript(tracker, counters),
    handleRead: read.handle,
    reads: readsAt === null ? 'all' : 'open',
    crowd,
    gatekeeper,
    senderOf: (req, grant) => senderOf(req, clientAddress, now(), grant),
    counters,
    isStopping,
  });
  let readsListener: Awaited<ReturnType<typeof openReadsListener>> | null = null;
  try {
    if (readsAt !== null && readsAt !== 'nowhere') {
      readsListener = await openReadsListener({ at: readsAt, limits, tls, handle: read.handle });
    }
    await listen(http.server, config.listen);
  } catch (error) {
    await Promise.all([door.stop(), readsListener?.close(0), read.close()]);
    throw error;
  }
  const { address, port } = http.server.address() as AddressInfo;
  const close = async (deadlineMs: number) => {
    stopping = true;
    await Promise.all([drain(http, door, limits.headersTimeoutMs, deadlineMs), readsListener?.close(deadlineMs)]);
    crowd.close();
    await read.close();
  };
  const replaceCertificate = (certificate: Certificate) => {
    http.replaceCertificate(certificate);
    readsListener?.replaceCertificate(certificate);
  };
  return { address, port, close, replaceCertificate, answerChallenges: http.answerChallenges };
}

/** The address that reads are reached under; whoever can open a socket file may ask under any name. */
function hostOf(readsAt: ReadsAt, listenHost: string): string {
  if (readsAt === null) return listenHost;
  return typeof readsAt === 'object' && 'host' in readsAt ? readsAt.host : '';
}

/**
 * Idle connections go at once. One in the middle of a request's head has the time that heads have: its request is
 * answered with 503, and nothing else would end it, as a closed server no longer watches its timeouts.
 */
async function drain(
  { server, sockets, connections, sessions }: HttpServer,
  door: WebSocketDoor,
  headersTimeoutMs: number,
  deadlineMs: number,
): Promise<void> {
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  // Node takes a connection that never sent a byte for one in the middle of a head.
  for (const socket of connections) if (socket.bytesRead === 0) socket.destroy();
  for (const session of sessions) session.close();
  const heads = setTimeout(() => {
    for (const socket of connections) if (!isAnswering(socket)) socket.destroy();
  }, headersTimeoutMs);
  const { promise: deadline, resolve: expire } = Promise.withResolvers<void>();
  const timer = setTimeout(expire, deadlineMs);
  await Promise.race([Promise.all([closed, door.stop()]), deadline]);
  clearTimeout(timer);
  clearTimeout(heads);
  door.terminate();
  for (const session of sessions) session.destroy();
  for (const socket of sockets) socket.destroy();
  await closed;
}

async function listen(server: Server, { host, port }: Config['listen']): Promise<void> {
  try {
    await tryListen(server, { host, port, reusePort: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOTSUP') throw listenError(error, host, port);
    // This system cannot share a port between listeners; one collector needs no sharing.
    await tryListen(server, { host, port }).catch((error) => {
      throw listenError(error, host, port);
    });
  }
}

async function tryListen(server: Server, options: ListenOptions): Promise<void> {
  server.listen(options);
  await once(server, 'listening');
}
