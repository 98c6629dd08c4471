import { RINGS, type RingPoints, SERIES, SERIES_NAMES, type SeriesKind } from '../../src/control/stream.ts';
import { BUCKETS, sparse } from './histogram.ts';

/** One second of everything: a value per series in the order of `SERIES_NAMES` (NaN: not known), and answers per bucket. */
export interface Sample {
  readonly values: Float64Array;
  readonly latency: Float64Array;
}

export function emptySample(): Sample {
  return { values: new Float64Array(SERIES_NAMES.length).fill(Number.NaN), latency: new Float64Array(BUCKETS) };
}

const KINDS: readonly SeriesKind[] = SERIES_NAMES.map((name) => SERIES[name]);
/** Figures in answers: enough for a chart, and short. */
const ROUNDING = 1_000;

/**
 * One ring: the last `points` points of `stepSeconds` each, all memory taken at the start.
 *
 * Always true: the point that ends at second `t` lies at `t / step mod points`, so time that nobody sampled is found and
 * made a gap by arithmetic, also when the clock is set back (what lay ahead of it is forgotten).
 */
export class Ring {
  readonly stepSeconds: number;
  readonly points: number;
  /** Series by series, `points` each. */
  readonly values: Float64Array;
  /** Point by point, `BUCKETS` each. */
  readonly latency: Uint32Array;
  /** Number of the newest point (its end in steps since the epoch), 0 before the first. */
  newest = 0;
  /** Number of the oldest point that was ever written, for short answers of a young daemon. */
  oldest = 0;

  constructor(stepSeconds: number, points: number) {
    this.stepSeconds = stepSeconds;
    this.points = points;
    this.values = new Float64Array(SERIES_NAMES.length * points).fill(Number.NaN);
    this.latency = new Uint32Array(points * BUCKETS);
  }

  write(number: number, sample: Sample): void {
    this.#moveTo(number);
    const slot = number % this.points;
    for (let series = 0; series < sample.values.length; series++) {
      this.values[series * this.points + slot] = sample.values[series]!;
    }
    this.latency.set(sample.latency, slot * BUCKETS);
  }

  /** Copies a point of `number` into `sample`. False when it is not in the ring. */
  read(number: number, sample: Sample): boolean {
    if (number > this.newest || number < this.#first()) return false;
    const slot = number % this.points;
    for (let series = 0; series < sample.values.length; series++) {
      sample.values[series] = this.values[series * this.points + slot]!;
    }
    sample.latency.set(this.latency.subarray(slot * BUCKETS, (slot + 1) * BUCKETS));
    return true;
  }

  /** Values of one series, oldest first; NaN is a gap. */
  series(index: number): Float64Array {
    const first = this.#first();
    const values = new Float64Array(this.newest === 0 ? 0 : this.newest - first + 1);
    for (let at = 0; at < values.length; at++) {
      values[at] = this.values[index * this.points + ((first + at) % this.points)]!;
    }
    return values;
  }

  /** The ring as the control stream tells it. */
  toPoints(): RingPoints {
    const first = this.#first();
    const latency: number[][] = [];
    for (let number = first; this.newest > 0 && number <= this.newest; number++) {
      const at = (number % this.points) * BUCKETS;
      latency.push(sparse(this.latency.subarray(at, at + BUCKETS)));
    }
    return {
      stepSeconds: this.stepSeconds,
      endsAt: this.newest * this.stepSeconds * 1_000,
      values: SERIES_NAMES.map((_, index) => Array.from(this.series(index), rounded)),
      latency,
    };
  }

  #first(): number {
    return Math.max(this.oldest, this.newest - this.points + 1);
  }

  #moveTo(number: number): void {
    if (this.newest === 0) this.oldest = number;
    else if (number > this.newest) this.#blank(Math.max(this.newest + 1, number - this.points + 1), number);
    else {
      this.#blank(number, Math.min(this.newest, number + this.points - 1));
      this.oldest = Math.min(this.oldest, number);
    }
    this.newest = number;
  }

  #blank(from: number, to: number): void {
    for (let number = from; number <= to; number++) {
      const slot = number % this.points;
      for (let at = slot; at < this.values.length; at += this.points) this.values[at] = Number.NaN;
      this.latency.fill(0, slot * BUCKETS, (slot + 1) * BUCKETS);
    }
  }
}

/** A value for a reader: rounded, null for a gap. */
export function rounded(value: number): number | null {
  return Number.isFinite(value) ? Math.round(value * ROUNDING) / ROUNDING : null;
}

/**
 * The three rings of `RINGS`: seconds go into the first, and each full step of a coarser one becomes a point of it, by
 * the kind of each series. Their memory is fixed: 5,940 points of 45 series and 36 buckets are 3.0 MB.
 *
 * When the daemon dies what was not saved is lost; when it starts again, the time between is a gap.
 */
export class Rings {
  readonly rings: readonly Ring[] = RINGS.map(({ stepSeconds, points }) => new Ring(stepSeconds, points));
  readonly #scratch = emptySample();
  readonly #point = emptySample();

  /** The newest second that was sampled, 0 before the first. */
  get newestSecond(): number {
    return this.rings[0]!.newest;
  }

  /** Adds the sample of the second that ended at `second` (since the epoch). */
  push(second: number, sample: Sample): void {
    const [seconds, ...coarser] = this.rings;
    const before = seconds!.newest;
    seconds!.write(second, sample);
    for (const ring of coarser) {
      // A step whose last second was never sampled ends with the first second behind it.
      const open = Math.ceil(before / ring.stepSeconds);
      if (open > ring.newest && open * ring.stepSeconds < second) this.#aggregate(seconds!, ring, open);
      if (second % ring.stepSeconds === 0) this.#aggregate(seconds!, ring, second / ring.stepSeconds);
    }
  }

  /** Seconds are the source of every coarser point: nothing else is kept that a restart could lose. */
  #aggregate(seconds: Ring, ring: Ring, number: number): void {
    const { values, latency } = this.#point;
    const known = new Uint32Array(values.length);
    values.fill(Number.NaN);
    latency.fill(0);
    for (let second = (number - 1) * ring.stepSeconds + 1; second <= number * ring.stepSeconds; second++) {
      if (!seconds.read(second, this.#scratch)) continue;
      for (let bucket = 0; bucket < BUCKETS; bucket++) latency[bucket]! += this.#scratch.latency[bucket]!;
      for (let series = 0; series < values.length; series++) {
        const value = this.#scratch.values[series]!;
        if (Number.isNaN(value)) continue;
        values[series] = known[series]! === 0 ? value : join(KINDS[series]!, values[series]!, value);
        known[series]! += 1;
      }
    }
    for (let series = 0; series < values.length; series++) {
      if (KINDS[series] === 'rate' && known[series]! > 0) values[series]! /= known[series]!;
    }
    ring.write(number, this.#point);
  }
}

function join(kind: SeriesKind, before: number, value: number): number {
  if (kind === 'rate') return before + value;
  return kind === 'level' ? value : Math.max(before, value);
}
