import type { LoadPlan } from '../plan/plan.ts';
import { hash, mix } from './hash.ts';

/** What is worked out once from a plan, so that each event costs no division and no loop that it can do without. */
export interface Traffic {
  /** Independent keys for the hashes. */
  readonly eventKey: number;
  readonly requestKey: number;
  readonly visitorKey: number;
  readonly idKey: number;
  /** Added by the mix that hides an event's index in its id. */
  readonly idSalt: number;
  /** Below this an event's hash makes it a bad one. */
  readonly badBelow: number;
  /** 2 to this many visitors are active at once. */
  readonly slotBits: number;
  /** Events before each request of the cycle of sizes. */
  readonly firstOf: Float64Array;
  readonly cycleEvents: number;
}

/** About one event per visitor in this time. */
const SECONDS_PER_EVENT = 10;
const SLOT_BITS_MIN = 8;
const SLOT_BITS_MAX = 16;
/** For a plan without rates: the closed model goes as fast as it can. */
const RATE_UNKNOWN = 1_000;

let known: { readonly plan: LoadPlan; readonly traffic: Traffic } | undefined;

/** The figures of a plan. Those of the last plan asked for are kept: a process has one. */
export function trafficOf(plan: LoadPlan): Traffic {
  if (known?.plan !== plan) known = { plan, traffic: work(plan) };
  return known.traffic;
}

function work(plan: LoadPlan): Traffic {
  const run = Number.parseInt(plan.run, 16) >>> 0;
  const seed = mix(plan.seed >>> 0) ^ mix(Math.floor(plan.seed / 2 ** 32) + 1);
  const key = mix(mix(run) ^ seed);
  const rate = Math.max(0, ...plan.stages.map(({ fromRate, toRate }) => Math.max(fromRate, toRate))) || RATE_UNKNOWN;
  const slotBits = Math.round(Math.log2(rate * SECONDS_PER_EVENT));
  const firstOf = new Float64Array(plan.sizes.length);
  let cycleEvents = 0;
  plan.sizes.forEach((size, index) => {
    firstOf[index] = cycleEvents;
    cycleEvents += size;
  });
  return {
    eventKey: hash(key, 1),
    requestKey: hash(key, 2),
    visitorKey: hash(key, 3),
    idKey: hash(key, 4),
    idSalt: hash(key, 5),
    badBelow: plan.badRate * 2 ** 32,
    slotBits: Math.min(Math.max(slotBits, SLOT_BITS_MIN), SLOT_BITS_MAX),
    firstOf,
    cycleEvents,
  };
}
