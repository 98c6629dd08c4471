import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { AccessBook } from '../../../daemon/access/book.ts';
import { Gatekeeper, type TokenReader } from '../../../daemon/access/gatekeeper.ts';
import { allocateMeterMemory, Meters } from '../../../daemon/access/limits/meters.ts';
import { Toll } from '../../../daemon/access/limits/toll.ts';
import type { ReceiverLog } from '../../../daemon/receive/log.ts';
import type { ReadsAt } from '../../../daemon/receive/reads/place.ts';
import { openReceiver, type Receiver, type ReceiverOptions } from '../../../daemon/receive/receiver.ts';
import type { CommitOutcome } from '../../../daemon/receive/sink.ts';
import type { Road } from '../../../daemon/road.ts';
import type { CounterName, GaugeName } from '../../../daemon/telemetry/catalogue.ts';
import { allocateCounters, Counters } from '../../../daemon/telemetry/counters.ts';
import { Traffic } from '../../../daemon/telemetry/traffic.ts';
import { allocateVisitors, VisitorRegister } from '../../../daemon/telemetry/visitors.ts';
import { NO_LIMITS } from '../../../src/access/account.ts';
import type { Need } from '../../../src/access/routes.ts';
import { type Config, configSchema } from '../../../src/config/schema.ts';
import { type Event, emptyEvent, type Sender } from '../../../src/event/event.ts';
import { DEFAULT_ACCOUNT } from '../../../src/event/limits.ts';
import { isRejection } from '../../../src/event/rejection.ts';

/** A receiver on a free port of loopback with a road and a sink that the test can see and steer. */
export interface TestReceiver {
  readonly receiver: Receiver;
  readonly port: number;
  readonly url: string;
  /** Every event the sink took, in order. */
  readonly committed: Event[];
  readonly senders: Sender[];
  readonly log: string[];
  readonly sink: SteeredSink;
  count(name: CounterName | GaugeName): number;
}

export interface SteeredSink {
  /** What the next commits answer; by default they are durable. */
  answer: (events: readonly Event[]) => CommitOutcome | Promise<CommitOutcome>;
}

export interface TestReceiverOptions {
  readonly receive?: Partial<Config['receive']>;
  readonly listen?: Partial<Config['listen']>;
  readonly reads?: Partial<ReceiverOptions['reads']>;
  readonly tracker?: ReceiverOptions['tracker'];
  readonly collectPath?: string;
  readonly gatekeeper?: Gatekeeper;
  readonly readsAt?: ReadsAt;
  readonly tls?: ReceiverOptions['tls'];
  readonly hstsSeconds?: number;
  readonly access?: Partial<Config['access']>;
  readonly report?: Partial<ReceiverOptions['report']>;
}

/** Asks nobody who they are. */
function openGatekeeper(): Gatekeeper {
  return makeGatekeeper(new Set<Need>(['nothing', 'write', 'read', 'operate']), null);
}

/** Takes nothing but tokens, and `readToken` says what they are good for. */
export function gatekeeperThatAsks(readToken: TokenReader): Gatekeeper {
  return makeGatekeeper(new Set(), readToken);
}

function makeGatekeeper(openNeeds: ReadonlySet<Need>, readToken: TokenReader | null): Gatekeeper {
  const book = new AccessBook({ accounts: [], keys: [], accountsDefined: false, accountsReady: true });
  const now = () => 1_700_000_000_000;
  const meters = new Meters({ memory: allocateMeterMemory(), now, clock: () => 0n, salt: () => '' });
  const toll = new Toll({ meters, book, address: NO_LIMITS, account: NO_LIMITS });
  return new Gatekeeper({ book, toll, addressOf: (ip) => ({ ip }), openNeeds, readToken, now });
}

/** Closes by itself when the test is over. */
export async function openTestReceiver(options: TestReceiverOptions = {}): Promise<TestReceiver> {
  const committed: Event[] = [];
  const senders: Sender[] = [];
  const lines: string[] = [];
  const sink: SteeredSink = { answer: () => ({ ok: true, receipt: 'seg:1', duplicates: 0 }) };
  const counters = new Counters(allocateCounters(1), 0);
  const traffic = new Traffic({
    counters,
    visitors: new VisitorRegister(allocateVisitors(1), 0),
    elapsed: () => performance.now(),
    now: () => 1_700_000_000_000,
  });
  const log: ReceiverLog = { warn: (_fields, text) => lines.push(text), error: (_fields, text) => lines.push(text) };
  const receiver = await openReceiver({
    config: configSchema.parse({
      listen: { port: 0, ...options.listen },
      receive: options.receive ?? {},
      access: options.access ?? {},
      tls: { hstsSeconds: options.hstsSeconds ?? 0 },
      tracker: { collectPath: options.collectPath ?? '' },
    }),
    road: (raw, sender) => {
      senders.push(sender);
      const event = road(raw, sender);
      // As the pipeline does between validate and enrich.
      return isRejection(event) ? event : (sender.grant?.admit(event) ?? event);
    },
    sink: {
      commit: async (events) => {
        const outcome = await sink.answer(events);
        if (outcome.ok) committed.push(...events);
        return outcome;
      },
    },
    counters,
    traffic,
    clientAddress: (socketAddress, xForwardedFor) => ({ ip: xForwardedFor ?? socketAddress, trusted: false }),
    gatekeeper: options.gatekeeper ?? openGatekeeper(),
    readsAt: options.readsAt ?? null,
    tls: options.tls ?? null,
    reads: {
      activities: async () => ({ rows: [], next: '' }),
      stats: async () => ({}),
      ltv: async () => [],
      ...options.reads,
    },
    tracker: options.tracker ?? [],
    report: {
      health: () => ({ ready: true, body: { status: 'ok' } }),
      status: () => ({ state: 'running' }),
      metrics: () => ({ contentType: 'text/plain; version=0.0.4', body: 'trackflow_ready 1\n' }),
      ...options.report,
    },
    now: () => 1_700_000_000_000,
    log,
  });
  onTestFinished(() => receiver.close(0));
  const { port } = receiver;
  const count = (name: CounterName | GaugeName) => counters.read(name);
  return { receiver, port, url: `http://127.0.0.1:${port}`, committed, senders, log: lines, sink, count };
}

/** A road with one rule of each kind: `name` must be a text of at most 20 characters, robots are not wanted. */
const road: Road = (raw) => {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    return { reason: 'not_an_object', field: '', message: 'not an object' };
  }
  const { name, account, user_id, event_id, properties } = raw as Record<string, unknown>;
  if (name === undefined) return { reason: 'missing', field: 'name', message: 'no name' };
  if (typeof name !== 'string') return { reason: 'wrong_type', field: 'name', message: 'no text' };
  if (name.length > 20) return { reason: 'too_long', field: 'name', limit: 20, message: 'too long' };
  if (name === 'robot') return { reason: 'bot', field: 'user_agent', message: 'a robot' };
  if (name === 'defect') throw new Error('a defect of the road');
  return {
    ...emptyEvent(),
    name,
    account: String(account ?? DEFAULT_ACCOUNT),
    user_id: String(user_id ?? ''),
    event_id: String(event_id ?? ''),
    properties: JSON.stringify(properties ?? {}),
  };
};

export function post(
  target: TestReceiver,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = { 'Content-Type': 'application/json' },
  path = '/v1/events',
): Promise<Response> {
  return fetch(target.url + path, { method: 'POST', body, headers });
}

/** A bare TCP connection that remembers what came back. */
export interface RawConnection {
  readonly socket: Socket;
  received(): string;
  /** Resolves with everything received once the other side is done. */
  readonly closed: Promise<string>;
}

export function connectRaw(port: number): RawConnection {
  let text = '';
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = connect(port, '127.0.0.1');
  socket.setEncoding('latin1');
  socket.on('data', (chunk) => {
    text += chunk;
  });
  socket.on('error', () => {});
  socket.on('close', () => resolve(text));
  onTestFinished(() => {
    socket.destroy();
  });
  return { socket, received: () => text, closed: promise };
}

/** Waits until a condition holds; fails after ten seconds. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
