import { type MigrationProgress, TABLES_SHOWN_MAX, type TableProgress } from '../control/migration.ts';
import type { Chunk } from './chunk.ts';
import type { TablePlan } from './column.ts';
import type { Ledger } from './ledger.ts';

/** Rates are those of the last seconds: what matters is whether it still moves. */
const RATE_WINDOW_MS = 10_000;

const RANK: Record<TableProgress['state'], number> = {
  copying: 0,
  failed: 1,
  differs: 2,
  copied: 3,
  waiting: 4,
  verified: 5,
};

interface Counted {
  rows: number;
  bytes: number;
  chunks: number;
  verified: number;
  repeated: number;
  /** Bytes on their way in chunks that are not verified yet. */
  readonly moving: Set<{ readonly bytesRead: number }>;
  readonly recent: { at: number; rows: number; bytes: number }[];
}

/** How far each table is, counted as chunks come to be verified. */
export class Progress {
  phase: MigrationProgress['phase'] = 'planning';
  lagRows: number | null = null;
  lag: MigrationProgress['lag'] = null;
  readonly #tables: readonly TablePlan[];
  readonly #ledger: Ledger;
  readonly #now: () => number;
  readonly #counted: Counted[];

  /** `now` is in milliseconds. What the ledger has already counts, but not for the rates. */
  constructor(tables: readonly TablePlan[], ledger: Ledger, now: () => number) {
    this.#tables = tables;
    this.#ledger = ledger;
    this.#now = now;
    this.#counted = tables.map((_, index) => {
      const counted: Counted = {
        rows: 0,
        bytes: 0,
        chunks: 0,
        verified: 0,
        repeated: 0,
        moving: new Set(),
        recent: [],
      };
      for (const chunk of ledger.chunks(index)) {
        counted.chunks++;
        if (chunk.state !== 'copying') count(counted, chunk);
      }
      return counted;
    });
  }

  added(table: number): void {
    this.#counted[table]!.chunks++;
  }

  /** Rows of a chunk on their way, until the answer is called. */
  watch(table: number, rows: { readonly bytesRead: number }): () => void {
    const { moving } = this.#counted[table]!;
    moving.add(rows);
    return () => moving.delete(rows);
  }

  /** A chunk came to its end; `before` is what it was counted as, where it is copied again. */
  finished(chunk: Chunk, before: Chunk | null): void {
    const counted = this.#counted[chunk.table]!;
    if (before !== null && before.state !== 'copying') count(counted, before, -1);
    count(counted, chunk);
    const at = this.#now();
    counted.recent.push({ at, rows: chunk.sums?.rows ?? 0, bytes: chunk.bytes });
    while (counted.recent.length > 1 && counted.recent[0]!.at < at - RATE_WINDOW_MS) counted.recent.shift();
  }

  /** What was done of a table is to be done again. */
  anew(table: number): void {
    const counted = this.#counted[table]!;
    for (const chunk of this.#ledger.chunks(table)) if (chunk.state !== 'copying') count(counted, chunk, -1);
  }

  /** 0 to 1, by the rows that the source believed to have. */
  get share(): number {
    const total = this.#tables.reduce((sum, { rows }) => sum + rows, 0);
    const done = this.#counted.reduce((sum, { rows }) => sum + rows, 0);
    return total === 0 ? 0 : Math.min(done / total, 1);
  }

  /** Chunks that are verified, of all tables. */
  get chunksVerified(): number {
    return this.#counted.reduce((sum, { verified }) => sum + verified, 0);
  }

  /** Every table, in the order of the plan. */
  tables(): TableProgress[] {
    return this.#tables.map((table, index) => this.#table(table, index));
  }

  /** For screens. */
  shown(): MigrationProgress {
    const all = this.tables();
    const tables = [...all].sort((a, b) => RANK[a.state] - RANK[b.state]).slice(0, TABLES_SHOWN_MAX);
    const tablesVerified = all.filter(({ state }) => state === 'verified').length;
    return {
      kind: 'migration',
      phase: this.phase,
      tables,
      tablesTotal: all.length,
      tablesVerified,
      lagRows: this.lagRows,
      lag: this.lag,
    };
  }

  #table(table: TablePlan, index: number): TableProgress {
    const { rows, bytes, chunks, verified, repeated, moving, recent } = this.#counted[index]!;
    const { state, error } = this.#ledger.table(index);
    const span = Math.max(this.#now() - (recent[0]?.at ?? 0), 1_000) / 1_000;
    const isMoving = state === 'copying' && recent.length > 1;
    const rowsPerSecond = isMoving ? sum(recent.slice(1), 'rows') / span : 0;
    const onTheWay = [...moving].reduce((total, { bytesRead }) => total + bytesRead, 0);
    const left = Math.max(table.rows - rows, 0);
    return {
      source: table.source,
      target: table.target,
      state,
      error,
      rows,
      rowsTotal: Math.max(table.rows, rows),
      bytes: bytes + onTheWay,
      rowsPerSecond,
      bytesPerSecond: isMoving ? sum(recent.slice(1), 'bytes') / span : 0,
      etaSeconds: rowsPerSecond > 0 ? left / rowsPerSecond : null,
      chunks,
      chunksVerified: verified,
      chunksRepeated: repeated,
    };
  }
}

function count(counted: Counted, chunk: Chunk, sign: 1 | -1 = 1): void {
  if (chunk.state === 'verified') {
    counted.rows += sign * (chunk.sums?.rows ?? 0);
    counted.verified += sign;
  }
  counted.bytes += sign * chunk.bytes;
  if (chunk.attempt > 1) counted.repeated += sign;
}

function sum(list: readonly { rows: number; bytes: number }[], key: 'rows' | 'bytes'): number {
  return list.reduce((total, one) => total + one[key], 0);
}
