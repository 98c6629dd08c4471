/**
 * The filters of a running tail, which may change under it. `changed` of a choice aborts when another takes its place.
 * A choice that the daemon refuses gives way to the last one it took.
 */
export class FilterChoice {
  #filters: readonly string[];
  #taken: readonly string[] | undefined;
  #change = new AbortController();

  constructor(filters: readonly string[]) {
    this.#filters = filters;
  }

  get filters(): readonly string[] {
    return this.#filters;
  }

  get changed(): AbortSignal {
    return this.#change.signal;
  }

  /** Whether the daemon ever took any. */
  get isTaken(): boolean {
    return this.#taken !== undefined;
  }

  choose(filters: readonly string[]): void {
    const last = this.#change;
    this.#filters = filters;
    this.#change = new AbortController();
    last.abort();
  }

  /** The daemon took them. */
  take(): void {
    this.#taken = this.#filters;
  }

  /** Goes back to the last that were taken; false when none ever was. */
  giveUp(): boolean {
    if (this.#taken === undefined) return false;
    this.#filters = this.#taken;
    return true;
  }
}
