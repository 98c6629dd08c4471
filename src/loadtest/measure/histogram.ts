import {
  build,
  decodeFromCompressedBase64,
  encodeIntoCompressedBase64,
  type Histogram,
  type JsHistogram,
} from 'hdr-histogram-js';
import type { Percentiles } from '../report/report.ts';

const MICROS_PER_MS = 1_000;
const MICROS_MAX = 300_000_000;
const DIGITS = 3;
/** Counts of 32 bits: a bucket holds four billion. Recording costs 0.12 µs; with 64 bits 0.18 µs and twice the memory. */
const COUNT_BITS = 32;
/** Of deflate. The levels above it cost twice the time and save a tenth of the bytes. */
const COMPRESSION = 1;
/** A percentile says nothing when fewer samples than this lie beyond it. */
const SAMPLES_BEYOND_MIN = 10;

/**
 * Latencies in an HDR histogram: from 1 µs to 5 minutes with three significant digits, 83 KB whatever the count. What is
 * outside is counted at the end that it passed. Histograms add up, of workers and of seconds; percentiles never do.
 */
export class LatencyHistogram {
  readonly #histogram: Histogram;

  constructor(histogram: Histogram = empty()) {
    this.#histogram = histogram;
  }

  /** Reads what `encode` wrote. Throws when it is nothing of the kind. */
  static decode(text: string): LatencyHistogram {
    return new LatencyHistogram(decodeFromCompressedBase64(text, COUNT_BITS, false, MICROS_MAX));
  }

  get count(): number {
    return this.#histogram.totalCount;
  }

  record(ms: number): void {
    const micros = Math.round(ms * MICROS_PER_MS);
    this.#histogram.recordValue(Math.min(Math.max(micros, 1), MICROS_MAX));
  }

  /** Adds the samples of another one to this. */
  merge(other: LatencyHistogram): void {
    this.#histogram.add(other.#histogram);
  }

  reset(): void {
    this.#histogram.reset();
  }

  /** Milliseconds. */
  percentiles(): Percentiles {
    const { count } = this;
    const of = (percent: number) =>
      count * (1 - percent / 100) < SAMPLES_BEYOND_MIN - ROUNDING
        ? null
        : this.#histogram.getValueAtPercentile(percent) / MICROS_PER_MS;
    return {
      count,
      p50: of(50),
      p90: of(90),
      p99: of(99),
      p999: of(99.9),
      p9999: of(99.99),
      // Not `maxValue`, which is another one after the way through text.
      max: count === 0 ? null : this.#histogram.getValueAtPercentile(100) / MICROS_PER_MS,
    };
  }

  /** Samples up to each of `boundsMs` (ascending) and above the one before; the last count is of what is above all. */
  counts(boundsMs: readonly number[]): number[] {
    const counts = new Array<number>(boundsMs.length + 1).fill(0);
    // Without WebAssembly it is always this one, and the interface has no way to walk over what was recorded.
    const values = (this.#histogram as JsHistogram).recordedValuesIterator;
    values.reset();
    for (let bucket = 0; values.hasNext(); ) {
      const { valueIteratedTo, countAddedInThisIterationStep } = values.next();
      while (bucket < boundsMs.length && valueIteratedTo > boundsMs[bucket]! * MICROS_PER_MS) bucket++;
      counts[bucket]! += countAddedInThisIterationStep;
    }
    return counts;
  }

  /** V2 compressed HDR, base64: any HDR tool reads it; its values are microseconds. */
  encode(): string {
    return encodeIntoCompressedBase64(this.#histogram, COMPRESSION);
  }
}

/** 10,000 samples have 9.999… beyond p99.9 in floating point. */
const ROUNDING = 1e-6;

function empty(): Histogram {
  return build({
    bitBucketSize: COUNT_BITS,
    autoResize: false,
    lowestDiscernibleValue: 1,
    highestTrackableValue: MICROS_MAX,
    numberOfSignificantValueDigits: DIGITS,
    useWebAssembly: false,
  });
}
