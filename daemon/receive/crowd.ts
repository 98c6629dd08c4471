/**
 * Who is connected to one collector, and what it does when they are too many or it is too slow.
 *
 * Promises: one address never holds more than its share of the connections, so that it cannot keep others out; this
 * machine and trusted proxies, behind which many stand, are not bound. A collector that is behind (its event loop comes
 * late, or what it took waits too long in the spool) refuses connections that are new with 503, and from twice as far
 * behind everybody; who is connected and was served goes on the longest.
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Config } from '../../src/config/schema.ts';
import { networkOf } from '../access/limits/meters.ts';
import type { Counters } from '../telemetry/counters.ts';
import type { Failure } from './failure.ts';
import { RECEIVE_LIMITS } from './limits.ts';
import type { ClientAddress } from './sender.ts';

const TICK_MS = 100;
/** Late so often in a row: one heavy body makes one tick late, a load that is too much makes them all. */
const TICKS_KEPT = 3;

const BEHIND: Failure = {
  code: 'overload',
  message: 'The collector is behind with its work.',
  retryAfterSeconds: RECEIVE_LIMITS.overloadRetrySeconds,
};

export interface CrowdOptions {
  readonly limits: Config['receive'];
  readonly clientAddress: ClientAddress;
  readonly counters: Counters;
  /** Milliseconds since any moment. */
  readonly elapsed: () => number;
}

export class Crowd {
  readonly #options: CrowdOptions;
  readonly #byAddress = new Map<string, number>();
  /** Connections that were made while the collector was behind. */
  #late = new WeakSet<Socket>();
  readonly #lateness: number[] = [];
  readonly #timer: NodeJS.Timeout;
  #tickedAt: number;
  /** How far behind, in parts of what is allowed. */
  #behind = 0;

  constructor(options: CrowdOptions) {
    this.#options = options;
    this.#tickedAt = options.elapsed();
    this.#timer = setInterval(() => this.#tick(), TICK_MS).unref();
  }

  /** Watches the connections of a server from their first moment. */
  watch(server: Server): void {
    server.prependListener('connection', (socket: Socket) => this.#enter(socket));
  }

  /** Why a request on this connection is not taken now, if so. */
  refusal(socket: Socket): Failure | undefined {
    if (this.#behind < 1) return undefined;
    return this.#behind >= 2 || this.#late.has(socket) ? BEHIND : undefined;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #enter(socket: Socket): void {
    const { limits, clientAddress, counters } = this.#options;
    if (this.#behind >= 1) this.#late.add(socket);
    const { ip, trusted } = clientAddress(socket.remoteAddress ?? '', undefined, undefined);
    if (trusted || limits.connectionsPerAddressMax === 0) return;
    const address = networkOf(ip);
    const held = this.#byAddress.get(address) ?? 0;
    if (held >= limits.connectionsPerAddressMax) {
      counters.add('receive_connections_refused_total');
      socket.destroy();
      return;
    }
    this.#byAddress.set(address, held + 1);
    socket.once('close', () => {
      const left = this.#byAddress.get(address)! - 1;
      if (left === 0) this.#byAddress.delete(address);
      else this.#byAddress.set(address, left);
    });
  }

  #tick(): void {
    const { limits, counters, elapsed } = this.#options;
    const now = elapsed();
    this.#lateness.push(now - this.#tickedAt - TICK_MS);
    this.#tickedAt = now;
    if (this.#lateness.length > TICKS_KEPT) this.#lateness.shift();
    const before = this.#behind;
    const isSteady = this.#lateness.length === TICKS_KEPT;
    const loop = isSteady ? share(Math.min(...this.#lateness), limits.shedLoopDelayMs) : 0;
    const spool = share(counters.read('spool_oldest_seconds') * 1_000, limits.shedSpoolAgeMs);
    this.#behind = Math.max(loop, spool);
    // Those that came meanwhile are as good as any other now.
    if (before >= 1 && this.#behind < 1) this.#late = new WeakSet();
  }
}

function share(value: number, limit: number): number {
  return limit === 0 ? 0 : value / limit;
}
