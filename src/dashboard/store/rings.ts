/**
 * The numbers of the control stream over time, as the viewer keeps them: one ring per step of `RINGS`.
 *
 * Promises: a point is found by its slot (its end divided by the step), so a time without points is a gap and never
 * closes up. Always true: memory is that of the rings, made once. Full: the oldest point gives way. Nothing is kept on
 * disk; the daemon has the history.
 */
import { RINGS, type RingPoints, SERIES, type SeriesKind, type SeriesName } from '../../control/stream.ts';

const NO_LATENCY: readonly number[] = [];

export class Ring {
  readonly stepMs: number;
  readonly points: number;
  readonly #slots: Float64Array;
  readonly #latency: (readonly number[])[];
  readonly #values = new Map<SeriesName, Float64Array>();
  /** Samples folded into each point: the weight of a mean. */
  readonly #samples: Uint16Array;
  #newest = 0;

  constructor(stepSeconds: number, points: number) {
    this.stepMs = stepSeconds * 1_000;
    this.points = points;
    this.#slots = new Float64Array(points).fill(-1);
    this.#samples = new Uint16Array(points);
    this.#latency = Array.from({ length: points }, () => NO_LATENCY);
  }

  /** The newest slot that has a point, 0 when there is none. */
  get newest(): number {
    return this.#newest;
  }

  /** Folds a sample into its point: as `SERIES` says for each series, latency counts by adding. */
  fold(
    slot: number,
    names: readonly SeriesName[],
    values: readonly (number | null)[],
    latency: readonly number[],
  ): void {
    const at = this.#open(slot);
    if (at === -1) return;
    const before = this.#samples[at]!;
    this.#samples[at] = before + 1;
    names.forEach((name, index) => {
      const kind = SERIES[name] as SeriesKind | undefined;
      const value = values[index];
      if (kind === undefined || value === null || value === undefined) return;
      const series = this.#series(name);
      series[at] = folded(kind, series[at]!, value, before);
    });
    this.#latency[at] = before === 0 ? latency : addCounts(this.#latency[at]!, latency);
  }

  /**
   * Takes the points of a history that are newer than its own. Series by series, not point by point: a full history is a
   * quarter of a million values, and somebody waits for the first frame.
   */
  load(names: readonly SeriesName[], given: RingPoints): void {
    const count = given.values[0]?.length ?? 0;
    const newestGiven = Math.round(given.endsAt / this.stepMs);
    const newestKnown = this.#newest;
    const places = Array.from({ length: count }, (_, index) => {
      const slot = newestGiven - (count - 1 - index);
      return slot > newestKnown && slot > newestGiven - this.points ? this.#open(slot) : -1;
    });
    places.forEach((at, index) => {
      if (at === -1) return;
      this.#samples[at] = 1;
      this.#latency[at] = given.latency[index] ?? NO_LATENCY;
    });
    names.forEach((name, number) => {
      const values = given.values[number];
      if (values === undefined || SERIES[name] === undefined) return;
      const series = this.#series(name);
      for (let index = 0; index < count; index++) {
        const value = values[index];
        const at = places[index]!;
        if (at !== -1 && value !== null && value !== undefined) series[at] = value;
      }
    });
  }

  /** The value of a slot; NaN where there is none. */
  read(name: SeriesName, slot: number): number {
    const at = this.#at(slot);
    return this.#slots[at] === slot ? (this.#values.get(name)?.[at] ?? Number.NaN) : Number.NaN;
  }

  /** Sparse `[bucket, count, …]` of a slot; empty where there is none. */
  readLatency(slot: number): readonly number[] {
    const at = this.#at(slot);
    return this.#slots[at] === slot ? this.#latency[at]! : NO_LATENCY;
  }

  #at(slot: number): number {
    return ((slot % this.points) + this.points) % this.points;
  }

  /** Place of a slot, made empty when an older point was there; -1 when the slot is older than the ring. */
  #open(slot: number): number {
    if (slot <= this.#newest - this.points) return -1;
    const at = this.#at(slot);
    if (this.#slots[at] !== slot) {
      this.#slots[at] = slot;
      this.#samples[at] = 0;
      this.#latency[at] = NO_LATENCY;
      for (const series of this.#values.values()) series[at] = Number.NaN;
    }
    this.#newest = Math.max(this.#newest, slot);
    return at;
  }

  #series(name: SeriesName): Float64Array {
    let series = this.#values.get(name);
    if (series === undefined) {
      series = new Float64Array(this.points).fill(Number.NaN);
      this.#values.set(name, series);
    }
    return series;
  }
}

export class Rings {
  readonly all: readonly Ring[] = RINGS.map(({ stepSeconds, points }) => new Ring(stepSeconds, points));
  #names: readonly SeriesName[] = [];
  #lastAt = 0;

  /** Replaces nothing that is newer: a history after a reconnect fills the gap. */
  load(names: readonly SeriesName[], rings: readonly RingPoints[]): void {
    this.#names = names;
    for (const given of rings) {
      this.all.find(({ stepMs }) => stepMs === given.stepSeconds * 1_000)?.load(names, given);
    }
    const [finest] = this.all;
    this.#lastAt = finest!.newest * finest!.stepMs;
  }

  /** One second more. */
  push(at: number, values: readonly (number | null)[], latency: readonly number[]): void {
    const [finest, ...coarser] = this.all;
    const slot = this.#slotOf(at, finest!);
    this.#lastAt = at;
    finest!.fold(slot, this.#names, values, latency);
    for (const ring of coarser)
      ring.fold(Math.ceil((slot * finest!.stepMs) / ring.stepMs), this.#names, values, latency);
  }

  /** Ticks that come a little early or late are neighbours still: no gap, no two in one slot. */
  #slotOf(at: number, finest: Ring): number {
    const next = finest.newest + 1;
    const isNext = finest.newest > 0 && Math.abs(at - next * finest.stepMs) < finest.stepMs;
    return isNext && at > this.#lastAt ? next : Math.round(at / finest.stepMs);
  }
}

function folded(kind: SeriesKind, known: number, value: number, samples: number): number {
  if (samples === 0 || Number.isNaN(known)) return value;
  if (kind === 'level') return value;
  return kind === 'worst' ? Math.max(known, value) : (known * samples + value) / (samples + 1);
}

function addCounts(known: readonly number[], more: readonly number[]): readonly number[] {
  if (known.length === 0) return more;
  const counts = new Map<number, number>();
  for (const pairs of [known, more]) {
    for (let index = 0; index < pairs.length; index += 2)
      counts.set(pairs[index]!, (counts.get(pairs[index]!) ?? 0) + pairs[index + 1]!);
  }
  return [...counts].flat();
}
