/**
 * Rows against the ledger, one by one, for the ranges whose sums differ.
 *
 * Give it every row of these ranges with `see`, in any order, then call `end`. Always true: a row is counted in at most one
 * of present, duplicate and phantom; a duplicate may be corrupt besides. Bounded: two bits per event of the ranges.
 */
import type { LedgerView } from '../ledger/view.ts';
import type { LoadPlan } from '../plan/plan.ts';
import { contentHash } from '../profile/canonical.ts';
import { eventAt } from '../profile/event.ts';
import { eventId, indexOf } from '../profile/event-id.ts';
import type { Findings } from './findings.ts';

export class Comparison {
  readonly #plan: LoadPlan;
  readonly #ledger: LedgerView;
  readonly #rangeSize: number;
  readonly #findings: Findings;
  /** By range: a bit for each event that was seen. */
  readonly #seen: Map<number, Uint8Array>;

  constructor(plan: LoadPlan, ledger: LedgerView, ranges: readonly number[], rangeSize: number, findings: Findings) {
    this.#plan = plan;
    this.#ledger = ledger;
    this.#rangeSize = rangeSize;
    this.#findings = findings;
    this.#seen = new Map(ranges.map((range) => [range, new Uint8Array(Math.ceil(rangeSize / 8))]));
  }

  /** A row: its id and the hash of its content. */
  see(id: string, hash: number): void {
    const n = indexOf(this.#plan, id);
    const state = n === null ? 'unsent' : this.#ledger.stateOf(n);
    if (n === null || state === 'unsent' || state === 'rejected') {
      this.#findings.add('phantom', id, n);
      return;
    }
    if (this.#isFirst(n)) {
      if (state === 'unknown') this.#findings.unknownPresent++;
    } else {
      this.#findings.add('duplicate', id, n);
    }
    if (hash !== contentHash(this.#plan, eventAt(this.#plan, n))) this.#findings.add('corrupt', id, n);
  }

  /** Looks for what was not seen. */
  end(): void {
    for (const [range, bits] of this.#seen) {
      const first = range * this.#rangeSize;
      const end = Math.min(first + this.#rangeSize, this.#ledger.end);
      for (let n = first; n < end; n++) {
        const offset = n - first;
        if ((bits[offset >>> 3]! & (1 << (offset & 7))) !== 0) continue;
        if (this.#ledger.stateOf(n) !== 'acknowledged') continue;
        // Nobody noted when it was sent: the time in the id is left at 0.
        this.#findings.add('missing', eventId(this.#plan, n, 0), n);
      }
    }
  }

  /** Whether this is the first row of event `n`; remembers it. */
  #isFirst(n: number): boolean {
    const range = Math.floor(n / this.#rangeSize);
    const bits = this.#seen.get(range);
    if (bits === undefined) throw new Error(`event ${n} is in range ${range}, which was not asked for`);
    const offset = n - range * this.#rangeSize;
    const bit = 1 << (offset & 7);
    const isFirst = (bits[offset >>> 3]! & bit) === 0;
    bits[offset >>> 3]! |= bit;
    return isFirst;
  }
}
