import type { LoadPlan } from '../plan/plan.ts';
import type { LoadRequest } from '../profile/requests.ts';
import { HttpSender } from '../send/http-sender.ts';
import type { Sender, SenderOwner } from '../send/sender.ts';
import { WebSocketSender } from '../send/websocket-sender.ts';
import type { Exchange } from './exchange.ts';
import { Fifo } from './fifo.ts';

export type LaneName = 'http' | 'websocket';

/** Of a profile that has both, the share of connections that are WebSockets. */
const WEBSOCKET_SHARE = 0.25;

export interface LaneOptions {
  readonly plan: LoadPlan;
  readonly worker: number;
  /** What its connections prove who they are with; null where nobody asks. */
  readonly key: string | null;
}

/** The connections of one kind that a worker has, and the requests that wait for one of them, in order. */
export class Lane {
  readonly name: LaneName;
  readonly senders: readonly Sender<Exchange>[];
  /** A sender once for each free place; the one that has been free longest is next, so that none stays idle. */
  readonly free = new Fifo<Sender<Exchange>>();
  readonly waiting = new Fifo<Exchange>();

  constructor(name: LaneName, { plan, worker, key }: LaneOptions, owner: SenderOwner<Exchange>) {
    const options = { url: new URL(plan.url), key, timeoutMs: plan.timeoutMs };
    this.name = name;
    this.senders = Array.from({ length: connectionsOf(plan, worker, name) }, () =>
      name === 'http' ? new HttpSender(options, owner) : new WebSocketSender(options, owner),
    );
    for (const sender of this.senders) {
      for (let place = 0; place < sender.places; place++) this.free.push(sender);
    }
  }

  close(): void {
    for (const sender of this.senders) sender.close();
  }
}

/** The lanes that a profile needs. */
export function lanesOf({ profile }: LoadPlan): readonly LaneName[] {
  if (profile === 'mixed') return ['http', 'websocket'];
  return [profile === 'websocket' ? 'websocket' : 'http'];
}

export function laneOf({ dialect }: LoadRequest): LaneName {
  return dialect === 'websocket' ? 'websocket' : 'http';
}

/** Connections of one kind that a worker has; at least one of each that the profile needs. */
export function connectionsOf(plan: LoadPlan, worker: number, lane: LaneName): number {
  const { connections, workers } = plan;
  const own = Math.floor(connections / workers) + (worker < connections % workers ? 1 : 0);
  if (lanesOf(plan).length === 1) return Math.max(1, own);
  const websockets = Math.max(1, Math.round(own * WEBSOCKET_SHARE));
  return lane === 'websocket' ? websockets : Math.max(1, own - websockets);
}
