import type { Violation } from '../report/report.ts';

const EXAMPLES_MAX = 20;

/** What a verification found: how many of each kind, and the first of each. */
export class Findings {
  readonly counts: Record<Violation['kind'], number> = { missing: 0, duplicate: 0, phantom: 0, corrupt: 0 };
  readonly examples: Violation[] = [];
  unknownPresent = 0;

  add(kind: Violation['kind'], eventId: string, n: number | null): void {
    this.counts[kind]++;
    if (this.counts[kind] <= EXAMPLES_MAX) this.examples.push({ kind, eventId, n });
  }
}
