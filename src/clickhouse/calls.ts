import type { Readable } from 'node:stream';

export type Role = 'writer' | 'reader';
export type Params = Record<string, unknown>;

export interface CallOptions {
  /** Milliseconds after which the call fails with ConnectionError (`timedOut`). */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly queryId?: string;
}

export interface QueryOptions extends CallOptions {
  /** Rows above which the read fails with TOO_MANY_ROWS_OR_BYTES. */
  readonly rowsMax?: number;
  /** Leave out the rows of shards that are away, where the read would fail without. */
  readonly skipMissingShards?: boolean;
}

export interface InsertOptions extends CallOptions {
  /** Deduplication token; never used again for other rows. */
  readonly token: string;
  /** Columns of the target; without it those of the table in order. Native blocks name their own. */
  readonly columns?: readonly string[];
  /** Bytes of `body`, where it is a stream: see `insertNative`. */
  readonly contentLength?: number;
}

export interface LoadOptions extends CallOptions {
  /** Rows of one part at the least, and of one block in the server's memory at the most. */
  readonly blockRowsMax: number;
}

/** One answer as columns and rows, in the order asked for. */
export interface Table {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly (readonly unknown[])[];
}

export interface ClickHouse {
  /** Rows as objects. `params` are bound to `{name:Type}`. 64-bit integers are numbers: ask for toString() above 2^53. */
  query<T>(sql: string, params?: Params, options?: QueryOptions): Promise<T[]>;
  /** The same, with names and types of the columns. */
  table(sql: string, params?: Params, options?: QueryOptions): Promise<Table>;
  /**
   * `table` for a statement that a person typed: refused first where it would read files. Readers only. A number that a
   * double would round (64-bit integers above 2^53, long decimals) is its text.
   */
  untrusted(sql: string, options?: QueryOptions): Promise<Table>;
  /**
   * The answer to one statement as it comes, in `format` unless the statement names another: a writer's answer is not
   * collected by the server first, so that an error may come after rows. Only the beginning has a time limit, but none
   * where `timeoutMs` is 0; `signal` ends all of it. The caller reads the body to its end or destroys it.
   */
  stream(sql: string, format: string, options?: CallOptions): Promise<StreamedAnswer>;
  /** A statement without an answer. */
  command(sql: string, params?: Params, options?: CallOptions): Promise<void>;
  /**
   * One insert of Native blocks that lands whole or not at all in each partition. `writtenRows` is what the server
   * counted, -1 where it did not say, and no proof: rows that it knew by their token are counted too.
   * Give the length of a stream, so that a body cut between two blocks cannot pass for a shorter one: 26.7 refuses
   * that with and without a length, servers before 2021 stored it.
   */
  insertNative(
    table: string,
    body: Uint8Array | Readable | AsyncIterable<Uint8Array>,
    options: InsertOptions,
  ): Promise<{ writtenRows: number }>;
  /**
   * Appends Native blocks of these columns, in as many parts as they make: cut short it leaves some of them, and nothing
   * keeps the same rows from being appended again. Memory of the server is bounded by `blockRowsMax`.
   */
  load(table: string, columns: readonly string[], body: Readable, options: LoadOptions): Promise<void>;
  /**
   * Runs an `INSERT … FORMAT …` with its rows in `body`, under `settings`. Unlike `insertNative` it promises nothing about
   * blocks: who repeats it has to find out what is stored.
   */
  insertRows(
    statement: string,
    body: Readable | AsyncIterable<Uint8Array>,
    settings: Readonly<Record<string, string | number>>,
    options?: CallOptions,
  ): Promise<void>;
  /** Whether the server answers within `timeoutMs` (1 second unless given). Never rejects. */
  ping(timeoutMs?: number): Promise<boolean>;
  close(): Promise<void>;
}

export interface StreamedAnswer {
  readonly body: Readable;
  /** The format it is in; empty where the statement has no answer. */
  readonly format: string;
}
