/**
 * One plain MergeTree table with a deduplication window, as far as inserts and counts go. The rules are those measured
 * on ClickHouse 26.7 and pinned by the kill tests against the real engine:
 *
 * - An insert is cut into one block per month. A block whose token is in the window is dropped, whatever rows it has, and
 *   the insert is answered with success.
 * - The token of a block is recorded before its part is in place. The two happen under one lock, so no other query sees
 *   one without the other; but a kill between them leaves a token without a part, and so does a failed rename.
 * - Blocks are stored one after another: an insert that fails half-way leaves the months before.
 * - A row that the server cannot take (poison) fails the whole insert before anything is stored.
 * - The window counts blocks of all inserts; the oldest token falls out. A kill keeps it. It is never synced, so a loss
 *   of power may take its youngest records (`losePower`); parts were synced before the answer and stay.
 */
export interface ModelRow {
  readonly id: string;
  readonly month: number;
  readonly poison: boolean;
  readonly batch: bigint;
}

export interface Insert {
  readonly token: string;
  readonly rows: readonly ModelRow[];
}

/** Where an insert ends early: after so many blocks, the next one's token recorded or not. */
export interface Interruption {
  readonly afterBlocks: number;
  readonly recorded: boolean;
}

export type MonthIds = Map<number, Map<string, number>>;

export class ClickHouseModel {
  readonly #parts = new Map<bigint, ModelRow[][]>();
  readonly #window: number;
  #tokens: string[] = [];

  constructor(window = 1_000) {
    this.#window = window;
  }

  /** `cut`: it was interrupted before its last block. A success says nothing about what was dropped as known. */
  insert({ token, rows }: Insert, interruption?: Interruption): 'stored' | 'poison' | 'cut' {
    if (rows.some((row) => row.poison)) return 'poison';
    const blocks = [...Map.groupBy(rows, (row) => row.month)];
    for (const [index, [month, block]] of blocks.entries()) {
      const interrupted = interruption?.afterBlocks === index;
      if (interrupted && !interruption.recorded) return 'cut';
      const fresh = this.#record(`${month}/${token}`);
      if (interrupted) return 'cut';
      if (fresh) this.#addPart(block);
    }
    return 'stored';
  }

  count(batch: bigint): Map<number, number> {
    const months = new Map<number, number>();
    for (const { month } of this.#rowsOf(batch)) months.set(month, (months.get(month) ?? 0) + 1);
    return months;
  }

  ids(batch: bigint, months: readonly number[]): MonthIds {
    const found: MonthIds = new Map(months.map((month) => [month, new Map()]));
    for (const { id, month } of this.#rowsOf(batch)) {
      const ids = found.get(month);
      ids?.set(id, (ids.get(id) ?? 0) + 1);
    }
    return found;
  }

  /** Every row in the table. */
  rows(): ModelRow[] {
    return [...this.#parts.values()].flat(2);
  }

  /** Power is lost: the youngest `records` of the window were never written. */
  losePower(records: number): void {
    this.#tokens = this.#tokens.slice(0, Math.max(0, this.#tokens.length - records));
  }

  #record(token: string): boolean {
    if (this.#tokens.includes(token)) return false;
    this.#tokens.push(token);
    if (this.#tokens.length > this.#window) this.#tokens.shift();
    return true;
  }

  #addPart(rows: ModelRow[]): void {
    const { batch } = rows[0]!;
    const parts = this.#parts.get(batch);
    if (parts === undefined) this.#parts.set(batch, [rows]);
    else parts.push(rows);
  }

  #rowsOf(batch: bigint): ModelRow[] {
    return (this.#parts.get(batch) ?? []).flat();
  }
}
