/** Which events a request carries and how it says them: random access in both directions, whatever the sizes. */
import type { LoadPlan } from '../plan/plan.ts';
import { hash } from './hash.ts';
import { trafficOf } from './traffic.ts';
import { requestAgent } from './visitor.ts';

/** How a request says its events: the route of that name in the collector, or a message over WebSocket. */
export type DialectName = 'events' | 'track' | 'account' | 'websocket';

export interface LoadRequest {
  readonly k: number;
  readonly dialect: DialectName;
  /** Index of its first event. */
  readonly first: number;
  /** Events in it. */
  readonly count: number;
  /** Of the browser of its first visitor, or of the backend that sends. Over WebSocket, of the connection: not sent. */
  readonly userAgent: string;
}

/** Request `k` of the plan. */
export function requestAt(plan: LoadPlan, k: number): LoadRequest {
  const { firstOf, cycleEvents } = trafficOf(plan);
  const { sizes } = plan;
  const cycle = Math.floor(k / sizes.length);
  const index = k - cycle * sizes.length;
  const first = cycle * cycleEvents + firstOf[index]!;
  return { k, dialect: dialectOf(plan, k), first, count: sizes[index]!, userAgent: requestAgent(plan, first) };
}

/** The request that carries event `n`. */
export function requestOf(plan: LoadPlan, n: number): number {
  const { firstOf, cycleEvents } = trafficOf(plan);
  const cycle = Math.floor(n / cycleEvents);
  const offset = n - cycle * cycleEvents;
  let low = 0;
  let high = firstOf.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (firstOf[middle]! <= offset) low = middle;
    else high = middle - 1;
  }
  return cycle * firstOf.length + low;
}

/** The dialect of request `k`. */
export function dialectOf(plan: LoadPlan, k: number): DialectName {
  switch (plan.profile) {
    case 'web':
    case 'server':
      return 'events';
    case 'websocket':
      return 'websocket';
    case 'mixed':
      return MIXTURE[Math.floor((hash(trafficOf(plan).requestKey, k) / 2 ** 32) * MIXTURE.length)]!;
  }
}

/** One in twenty each. */
const MIXTURE: readonly DialectName[] = [
  ...Array<DialectName>(11).fill('events'),
  ...Array<DialectName>(4).fill('websocket'),
  ...Array<DialectName>(3).fill('track'),
  ...Array<DialectName>(2).fill('account'),
];
