/**
 * Counters, gauges and histograms in one SharedArrayBuffer, so that every thread counts without a message and any thread
 * can read the whole.
 *
 * Always true: each thread writes only its own region (plain stores, no contention); a value is the sum over regions, or
 * the worst for `WORST_GAUGES`. A restarted thread gets the region of its predecessor and goes on. Slots are aligned
 * 8-byte floats, whole up to 2^53.
 */
import {
  COUNTERS,
  type CounterName,
  GAUGES,
  type GaugeName,
  HISTOGRAMS,
  type HistogramName,
  WORST_GAUGES,
} from './catalogue.ts';
import { BUCKETS, bucketOf } from './histogram.ts';

const HISTOGRAM_NAMES = Object.keys(HISTOGRAMS) as HistogramName[];
/** Of one histogram: its buckets, then the sum of what was counted. */
const HISTOGRAM_SLOTS = BUCKETS + 1;
const SCALARS = COUNTERS.length + GAUGES.length;
const SLOTS = SCALARS + HISTOGRAM_NAMES.length * HISTOGRAM_SLOTS;
const SLOT_OF = new Map<string, number>([
  ...[...COUNTERS, ...GAUGES].map((name, slot) => [name, slot] as const),
  ...HISTOGRAM_NAMES.map((name, index) => [name, SCALARS + index * HISTOGRAM_SLOTS] as const),
]);

/** Memory for `regions` threads. Hand the result to each thread's `Counters`. */
export function allocateCounters(regions: number): SharedArrayBuffer {
  return new SharedArrayBuffer(regions * SLOTS * Float64Array.BYTES_PER_ELEMENT);
}

export class Counters {
  readonly #own: Float64Array;
  readonly #all: Float64Array;

  constructor(memory: SharedArrayBuffer, region: number) {
    this.#all = new Float64Array(memory);
    this.#own = this.#all.subarray(region * SLOTS, (region + 1) * SLOTS);
  }

  /** Adds to a counter. `by` defaults to one. */
  add(name: CounterName, by = 1): void {
    this.#own[SLOT_OF.get(name)!]! += by;
  }

  /** Sets this thread's part of a gauge. */
  set(name: GaugeName, value: number): void {
    this.#own[SLOT_OF.get(name)!] = value;
  }

  /** Counts one duration, milliseconds. */
  observe(name: HistogramName, ms: number): void {
    const slot = SLOT_OF.get(name)!;
    this.#own[slot + bucketOf(ms)]! += 1;
    this.#own[slot + BUCKETS]! += ms;
  }

  /** The sum over all threads, or the worst. */
  read(name: CounterName | GaugeName): number {
    const slot = SLOT_OF.get(name)!;
    if (WORST_GAUGES.has(name)) return this.#worst(slot);
    return this.#sum(slot);
  }

  /** Counts per bucket over all threads, into `counts`. Returns the sum of the durations, milliseconds. */
  readHistogram(name: HistogramName, counts: Float64Array): number {
    const slot = SLOT_OF.get(name)!;
    for (let bucket = 0; bucket < BUCKETS; bucket++) counts[bucket] = this.#sum(slot + bucket);
    return this.#sum(slot + BUCKETS);
  }

  #sum(slot: number): number {
    let sum = 0;
    for (let index = slot; index < this.#all.length; index += SLOTS) sum += this.#all[index]!;
    return sum;
  }

  #worst(slot: number): number {
    let worst = 0;
    for (let index = slot; index < this.#all.length; index += SLOTS) worst = Math.max(worst, this.#all[index]!);
    return worst;
  }
}
