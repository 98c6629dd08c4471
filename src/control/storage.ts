/**
 * What ClickHouse says of its storage, in the control stream. Asked every five seconds while somebody watches, never while
 * the engine is away: who shows it shows its age. Texts come from ClickHouse as they are, hostile ones too.
 */
export interface StorageReport {
  /** The last answer; null before the first. */
  readonly figures: StorageFigures | null;
  /** Why the last question has no answer, empty where it has one. */
  readonly failure: string;
}

export interface StorageFigures {
  /** Milliseconds since the epoch. */
  readonly askedAt: number;
  /** How long the statements took together. */
  readonly tookMs: number;
  /** The largest first. */
  readonly tables: readonly TableFigures[];
  /** Columns of the events by compressed bytes, the largest first. Only wide parts tell, those above 128 MB before compression. */
  readonly columns: readonly ColumnFigures[];
  /** All merges that run; `merges` has the first of them. */
  readonly mergesRunning: number;
  /** The longest running first; a mutation that rewrites a part is one too. */
  readonly merges: readonly MergeFigures[];
  /** All mutations that are not done or failed; `mutations` has the first of them. */
  readonly mutationsPending: number;
  /** The newest first. */
  readonly mutations: readonly MutationFigures[];
}

export interface TableFigures {
  readonly name: string;
  readonly rows: number;
  readonly parts: number;
  /** With marks and indices. */
  readonly diskBytes: number;
  readonly compressedBytes: number;
  readonly uncompressedBytes: number;
  /** The partition with the most active parts; the limits are for each partition. */
  readonly fullestPartition: string;
  readonly fullestParts: number;
  /** `parts_to_delay_insert`: from here on ClickHouse slows inserts down. */
  readonly partsToDelay: number;
  /** `parts_to_throw_insert`: from here on ClickHouse refuses inserts. */
  readonly partsToThrow: number;
}

export interface ColumnFigures {
  readonly name: string;
  readonly compressedBytes: number;
  readonly uncompressedBytes: number;
}

export interface MergeFigures {
  readonly table: string;
  readonly partition: string;
  readonly mutation: boolean;
  /** 0 to 1. */
  readonly progress: number;
  readonly elapsedSeconds: number;
  readonly parts: number;
  readonly compressedBytes: number;
  readonly rowsRead: number;
  readonly rowsWritten: number;
  readonly memoryBytes: number;
}

export interface MutationFigures {
  readonly table: string;
  readonly id: string;
  readonly command: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly partsToDo: number;
  readonly done: boolean;
  /** Why the latest attempt failed, empty where none did. */
  readonly failure: string;
}
