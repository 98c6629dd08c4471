/** How far a migration is: the `detail` of its task while it runs, and the lines of `trackflow migrate`. */
export interface MigrationProgress {
  readonly kind: 'migration';
  readonly phase: 'planning' | 'copying' | 'settling' | 'sweeping' | 'following' | 'done';
  /** What moves or is wrong first, at most `TABLES_SHOWN_MAX`. */
  readonly tables: readonly TableProgress[];
  readonly tablesTotal: number;
  readonly tablesVerified: number;
  /** Rows in the source that are not in ClickHouse yet, while it follows; null before that, and where nobody counts them. */
  readonly lagRows: number | null;
  /** What of the source's log is not in ClickHouse yet, and how old that is, while it follows the log; else null. */
  readonly lag: { readonly bytes: number; readonly seconds: number } | null;
}

/** Tables in one progress: it goes over the control socket twice a second. */
export const TABLES_SHOWN_MAX = 50;

export interface TableProgress {
  readonly source: string;
  readonly target: string;
  readonly state: 'waiting' | 'copying' | 'copied' | 'verified' | 'differs' | 'failed';
  readonly error: string;
  /** Rows that are stored and compared. */
  readonly rows: number;
  /** An estimate of the source's statistics. */
  readonly rowsTotal: number;
  readonly bytes: number;
  readonly rowsPerSecond: number;
  readonly bytesPerSecond: number;
  /** Null where nobody can say. */
  readonly etaSeconds: number | null;
  readonly chunks: number;
  readonly chunksVerified: number;
  /** Chunks that were copied more than once. */
  readonly chunksRepeated: number;
}

/** What a migration came to; also what its report file holds. */
export interface MigrationReport {
  readonly schema: 'trackflow.migration/1';
  readonly task: number;
  readonly source: string;
  readonly preset: string;
  readonly startedAt: string;
  readonly finishedAt: string;
  /** Whether all rows are those of one moment of the source. */
  readonly consistent: boolean;
  readonly tables: readonly TableReport[];
}

export interface TableReport extends TableProgress {
  /** Values that the mapping of a column changed, by column. */
  readonly changed: Readonly<Record<string, number>>;
  /** Chunks whose sums differ for good, the first of them. */
  readonly differences: readonly { readonly range: string; readonly what: string }[];
}
