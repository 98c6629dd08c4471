import type { Hints, PropertyLeaves } from '../road.ts';

/**
 * The scratch of the properties guard: leaves found so far and what they cost. Reused for every event, so its arrays
 * only grow (to `propertiesKeysMax` entries).
 */
export class Leaves implements PropertyLeaves {
  count = 0;
  readonly paths: string[] = [];
  readonly values: string[] = [];
  nestedCount = 0;
  readonly nested: string[] = [];
  readonly nestedLeaf: number[] = [];
  /** UTF-16 units of all paths and values: a lower bound of the bytes, so that a walk ends before it gets expensive. */
  chars = 0;
  /** Keys looked at, kept or not. */
  visits = 0;
  /** Whether two leaves can have the same path: a dotted key, a nested object, or fields folded in. */
  mayCollide = false;

  clear(): void {
    this.count = 0;
    this.nestedCount = 0;
    this.chars = 0;
    this.visits = 0;
    this.mayCollide = false;
  }
}

/** `Hints` as validate fills them. Make one per road (it is not shared between threads). */
export class EventHints implements Hints {
  ip = '';
  userAgent = '';
  country = '';
  region = '';
  city = '';
  readonly leaves = new Leaves();

  clear(): void {
    this.ip = '';
    this.userAgent = '';
    this.country = '';
    this.region = '';
    this.city = '';
    this.leaves.clear();
  }
}
