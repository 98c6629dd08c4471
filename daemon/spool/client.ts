import type { MessagePort } from 'node:worker_threads';
import { RowEncoder } from '../../src/clickhouse/native/row-encoder.ts';
import type { Row, Table } from '../../src/event/table.ts';
import { dedupKey } from './dedup-key.ts';
import { MonthCounter } from './months.ts';
import type { AppendMessage, SpoolAnswer, SpoolRefusal } from './protocol.ts';

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
  readonly firstRow: number;
  readonly rows: number;
  readonly resolve: (outcome: AppendOutcome) => void;
}

/**
 * A collector's end of one lane: gathers the rows of requests into groups and tells each request its fate.
 *
 * Promises: `commit` resolves after the spool answered, never before. Always true: one group is under way, the next fills
 * (a second one goes at once when it reaches `GROUP_ROWS_MAX` or `GROUP_BYTES_MAX`). What is gathered is bounded by what
 * receive admits, because receive counts a request until it is answered. When the spool thread dies nothing is answered:
 * the process ends.
 */
export class SpoolClient<R extends Row> {
  readonly #port: MessagePort;
  readonly #table: Table<R>;
  readonly #encoder: RowEncoder<R>;
  readonly #months = new MonthCounter();
  readonly #underWay = new Map<number, Receipt[]>();
  #receipts: Receipt[] = [];
  #keyRows: number[] = [];
  #keys: string[] = [];
  #group = 0;
  #scheduled = false;
  readonly #send = () => {
    this.#scheduled = false;
    if (this.#underWay.size === 0) this.#post();
  };

  constructor(port: MessagePort, table: Table<R>) {
    this.#port = port;
    this.#table = table;
    this.#encoder = new RowEncoder(table.columns);
    port.on('message', (answer: SpoolAnswer) => this.#answered(answer));
  }

  commit(rows: readonly R[]): Promise<AppendOutcome> {
    const firstRow = this.#encoder.rows;
    const { id, time, name } = this.#table;
    for (const row of rows) {
      if (row.has_client_id) {
        this.#keyRows.push(this.#encoder.rows);
        this.#keys.push(dedupKey(row.account, row[id] as string, name));
      }
      this.#months.add(row[time] as number);
      this.#encoder.append(row);
    }
    return new Promise((resolve) => {
      this.#receipts.push({ firstRow, rows: rows.length, resolve });
      if (this.#encoder.rows >= GROUP_ROWS_MAX || this.#encoder.bytes >= GROUP_BYTES_MAX) this.#post();
      else if (!this.#scheduled && this.#underWay.size === 0) {
        // At the end of this turn of the loop: requests that arrived together share a group.
        this.#scheduled = true;
        setImmediate(this.#send);
      }
    });
  }

  #post(): void {
    if (this.#encoder.rows === 0) return;
    const rows = this.#encoder.take();
    const group = this.#group++;
    const keyRows = Uint32Array.from(this.#keyRows);
    const message: AppendMessage = {
      type: 'append',
      group,
      rows,
      months: this.#months.take(),
      keyRows,
      keys: this.#keys,
    };
    this.#underWay.set(group, this.#receipts);
    this.#receipts = [];
    this.#keyRows = [];
    this.#keys = [];
    this.#port.postMessage(message, [rows.data.buffer as ArrayBuffer]);
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
    for (const { firstRow, rows, resolve } of receipts) {
      const start = at;
      while (at < answer.duplicates.length && answer.duplicates[at]! < firstRow + rows) at++;
      if (at === start) resolve({ ok: true, receipt, duplicates: 0 });
      else {
        const repeated = Array.from(answer.duplicates.subarray(start, at), (row) => row - firstRow);
        resolve({ ok: true, receipt, duplicates: repeated.length, repeated });
      }
    }
  }
}
