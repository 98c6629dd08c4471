import type { MessagePort } from 'node:worker_threads';
import { RowEncoder } from '../../src/clickhouse/native/row-encoder.ts';
import type { Row, Table } from '../../src/event/table.ts';
import { dedupKey } from './dedup-key.ts';
import { MonthCounter } from './months.ts';
import type { AppendMessage, AppendPart, SpoolAnswer, SpoolRefusal } from './protocol.ts';
import { shardOf } from './shard.ts';

export type AppendOutcome =
  | {
      readonly ok: true;
      readonly receipt: string;
      readonly duplicates: number;
      /** Which rows were duplicates, as ascending indexes; left out when none was. */
      readonly repeated?: readonly number[];
    }
  | { readonly ok: false; readonly reason: SpoolRefusal; readonly retryAfterSeconds: number };

/** Rows and bytes at which a group is sent although one is under way. Bounds the memory of a group, not of all. */
const GROUP_ROWS_MAX = 2_000;
const GROUP_BYTES_MAX = 1024 * 1024;

/**
 * Digits of a segment's name that no receipt tells: who knows them could write text that passes for a record of the segment
 * once it is damaged (`record.ts`).
 */
const RANDOM_DIGITS = 8;

interface Receipt {
  /** Number of its first row in the group. */
  readonly first: number;
  readonly rows: number;
  readonly resolve: (outcome: AppendOutcome) => void;
}

/**
 * A collector's end of the lanes of a table, one for each shard: gathers the rows of requests into groups and tells each request its fate.
 *
 * Promises: `commit` resolves after the spool answered, never before. Always true: one group is under way, the next fills
 * (a second one goes at once when it reaches `GROUP_ROWS_MAX` or `GROUP_BYTES_MAX`). What is gathered is bounded by what
 * receive admits, because receive counts a request until it is answered. When the spool thread dies nothing is answered:
 * the process ends. With one shard no row is asked which one is its own.
 */
export class SpoolClient<R extends Row> {
  readonly #port: MessagePort;
  readonly #table: Table<R>;
  readonly #gathering: readonly GatheredPart<R>[];
  readonly #underWay = new Map<number, Receipt[]>();
  #receipts: Receipt[] = [];
  #rows = 0;
  #group = 0;
  #scheduled = false;
  readonly #send = () => {
    this.#scheduled = false;
    if (this.#underWay.size === 0) this.#post();
  };

  constructor(port: MessagePort, table: Table<R>, shards: number) {
    this.#port = port;
    this.#table = table;
    this.#gathering = Array.from({ length: shards }, (_, lane) => new GatheredPart(table, lane, shards > 1));
    port.on('message', (answer: SpoolAnswer) => this.#answered(answer));
  }

  commit(rows: readonly R[]): Promise<AppendOutcome> {
    const first = this.#rows;
    const [only] = this.#gathering;
    if (this.#gathering.length === 1) for (const row of rows) only!.add(row, this.#rows++);
    else for (const row of rows) this.#gathering[this.#shardOf(row)]!.add(row, this.#rows++);
    return new Promise((resolve) => {
      this.#receipts.push({ first, rows: rows.length, resolve });
      if (this.#rows >= GROUP_ROWS_MAX || this.#bytes() >= GROUP_BYTES_MAX) this.#post();
      else if (!this.#scheduled && this.#underWay.size === 0) {
        // At the end of this turn of the loop: requests that arrived together share a group.
        this.#scheduled = true;
        setImmediate(this.#send);
      }
    });
  }

  #post(): void {
    if (this.#rows === 0) return;
    const parts = this.#gathering.filter(({ rows }) => rows > 0).map((part) => part.take());
    const group = this.#group++;
    this.#underWay.set(group, this.#receipts);
    this.#receipts = [];
    this.#rows = 0;
    const message: AppendMessage = { type: 'append', group, parts };
    this.#port.postMessage(
      message,
      parts.map(({ rows }) => rows.data.buffer as ArrayBuffer),
    );
  }

  #shardOf(row: R): number {
    const { visitor, id } = this.#table;
    return shardOf(row.account, row[visitor] as string, row[id] as string, this.#gathering.length);
  }

  #bytes(): number {
    let sum = 0;
    for (const { bytes } of this.#gathering) sum += bytes;
    return sum;
  }

  #answered(answer: SpoolAnswer): void {
    const receipts = this.#underWay.get(answer.group)!;
    this.#underWay.delete(answer.group);
    if (this.#underWay.size === 0) this.#post();
    if (answer.type === 'refused') {
      const { reason, retryAfterSeconds } = answer;
      for (const { resolve } of receipts) resolve({ ok: false, reason, retryAfterSeconds });
      return;
    }
    const receipt = `${answer.segment.slice(RANDOM_DIGITS)}-${answer.offset}`;
    let at = 0;
    for (const { first, rows, resolve } of receipts) {
      const start = at;
      while (at < answer.duplicates.length && answer.duplicates[at]! < first + rows) at++;
      if (at === start) resolve({ ok: true, receipt, duplicates: 0 });
      else {
        const repeated = Array.from(answer.duplicates.subarray(start, at), (row) => row - first);
        resolve({ ok: true, receipt, duplicates: repeated.length, repeated });
      }
    }
  }
}

/** What a group has so far for one lane. `take` hands it over and starts anew. */
class GatheredPart<R extends Row> {
  readonly #table: Table<R>;
  readonly #lane: number;
  readonly #encoder: RowEncoder<R>;
  readonly #months = new MonthCounter();
  /** Whether a row of this part has another number in the group: not where there is one part. */
  readonly #renumbered: boolean;
  #keyRows: number[] = [];
  #keyNumbers: number[] = [];
  #keys: string[] = [];

  constructor(table: Table<R>, lane: number, renumbered: boolean) {
    this.#table = table;
    this.#lane = lane;
    this.#encoder = new RowEncoder(table.columns);
    this.#renumbered = renumbered;
  }

  get rows(): number {
    return this.#encoder.rows;
  }

  get bytes(): number {
    return this.#encoder.bytes;
  }

  /** `number`: which row of the group it is. */
  add(row: R, number: number): void {
    const { id, time, name } = this.#table;
    if (row.has_client_id) {
      this.#keyRows.push(this.#encoder.rows);
      if (this.#renumbered) this.#keyNumbers.push(number);
      this.#keys.push(dedupKey(row.account, row[id] as string, name));
    }
    this.#months.add(row[time] as number);
    this.#encoder.append(row);
  }

  take(): AppendPart {
    const keyRows = Uint32Array.from(this.#keyRows);
    const keyNumbers = this.#renumbered ? Uint32Array.from(this.#keyNumbers) : keyRows;
    const keys = this.#keys;
    this.#keyRows = [];
    this.#keyNumbers = [];
    this.#keys = [];
    return { lane: this.#lane, rows: this.#encoder.take(), months: this.#months.take(), keyRows, keys, keyNumbers };
  }
}
