/**
 * PostgreSQL as a source of chunks.
 *
 * Promises: all readers of one epoch see the same rows; a range is read whole or ends with an error. Always true: a
 * session is in one transaction at the shared snapshot, read only. When the session that holds the snapshot is lost,
 * the next reader takes a new one, with an epoch of its own: whoever has chunks of another one verifies them anew.
 */
import { finished } from 'node:stream/promises';
import { TrackflowError } from '../../errors/error.ts';
import { type Cursor, type Range, ROOT } from '../chunk.ts';
import type { TablePlan } from '../column.ts';
import type { Form, Source, SourceReader } from '../sides.ts';
import type { SourceColumnSums, SourceSums, SumsBy } from '../sums.ts';
import { openSession, type Session, type SourceAccess } from './connection.ts';
import type { CopyOut } from './copy-out.ts';
import { sqlName, sqlText } from './quote.ts';
import { type Snapshot, takeSnapshot } from './snapshot.ts';
import { fetchStatement, fromRange, readStatement, sumsStatement } from './statements.ts';

/**
 * What PostgreSQL answers to the identifier of a snapshot whose session has ended, or ends: `undefined_object`,
 * `object_not_in_prerequisite_state`, and before version 17 `invalid_parameter_value`.
 */
const NO_SUCH_SNAPSHOT: readonly unknown[] = ['42704', '55000', '22023'];

/** Rows in a block where nobody has counted: before the first ANALYZE. */
const ROWS_PER_BLOCK = 50;

export class PostgresSource implements Source {
  readonly #access: SourceAccess;
  #snapshot: Promise<Snapshot> | null = null;

  constructor(access: SourceAccess) {
    this.#access = access;
  }

  async open(): Promise<SourceReader> {
    const snapshot = await this.#shared();
    const session = await openSession(this.#access);
    try {
      await snapshot.showIn(session);
      const [row] = await session.query<{ encoding: string; block: string }>(
        `SELECT current_setting('server_encoding') AS encoding, current_setting('block_size') AS block`,
      );
      return new PostgresReader(session, snapshot, row!.encoding, Number(row!.block));
    } catch (cause) {
      await session.close();
      if (!NO_SUCH_SNAPSHOT.includes((cause as { code?: unknown }).code)) throw cause;
      // Whoever kept it has gone, and only the server knows yet.
      await snapshot.close();
      throw new TrackflowError('TF_ENGINE_UNAVAILABLE', 'the snapshot of the source was lost', { cause });
    }
  }

  /** Readers that open from now on share that snapshot of a slot. Returns its epoch. */
  async share(imported: string): Promise<string> {
    await this.close();
    const snapshot = takeSnapshot(this.#access, imported);
    this.#snapshot = snapshot;
    return (await snapshot).epoch;
  }

  async renew(): Promise<void> {
    const snapshot = await this.#snapshot?.catch(() => null);
    await snapshot?.close();
  }

  async close(): Promise<void> {
    const snapshot = await this.#snapshot?.catch(() => null);
    await snapshot?.close();
  }

  /** One at a time: two that find it lost would take one each. */
  #shared(): Promise<Snapshot> {
    const before = this.#snapshot;
    const after = async () => {
      const held = await before?.catch(() => null);
      if (held && !held.lost) return held;
      await held?.close();
      return takeSnapshot(this.#access);
    };
    this.#snapshot = after();
    return this.#snapshot;
  }
}

class PostgresReader implements SourceReader {
  readonly #session: Session;
  readonly #snapshot: Snapshot;
  readonly #encoding: string;
  readonly #blockBytes: number;

  constructor(session: Session, snapshot: Snapshot, encoding: string, blockBytes: number) {
    this.#session = session;
    this.#snapshot = snapshot;
    this.#encoding = encoding;
    this.#blockBytes = blockBytes;
  }

  get epoch(): string {
    return this.#snapshot.epoch;
  }

  get current(): boolean {
    return !this.#snapshot.lost;
  }

  get broken(): boolean {
    return this.#session.broken !== null;
  }

  async carve(table: TablePlan, cursor: Cursor, size: { rows: number; bytes: number }): Promise<Range | null> {
    if (cursor.part === ROOT) return this.#carveKey(table, cursor.from, size);
    for (let { part, from } = cursor; part < table.parts.length; part++, from = null) {
      const range = await this.#carvePart(table, part, from, size);
      if (range !== null) return range;
    }
    return null;
  }

  async #carvePart(
    table: TablePlan,
    part: number,
    from: string | null,
    size: { rows: number; bytes: number },
  ): Promise<Range | null> {
    const plan = table.parts[part]!;
    if (!plan.hasBlocks) return from === null ? { part, by: 'all', from: null, to: null } : null;
    // Counted after the snapshot was taken: what it shows cannot be behind the end.
    const [row] = await this.#session.query<{ blocks: number }>(
      `SELECT (pg_relation_size(${sqlText(plan.relation.replace(/^ONLY /, ''))}::regclass) / ${this.#blockBytes})::float8 AS blocks`,
    );
    const { blocks } = row!;
    const first = Number(from ?? 0);
    if (first >= blocks) return null;
    const rowsPerBlock = plan.rows > 0 ? Math.max(plan.rows / blocks, 0.01) : ROWS_PER_BLOCK;
    // With what is stored beside the block, as long values are.
    const bytesPerBlock = Math.max(plan.bytes / blocks, this.#blockBytes);
    const count = Math.max(1, Math.floor(Math.min(size.rows / rowsPerBlock, size.bytes / bytesPerBlock)));
    return { part, by: 'blocks', from: String(first), to: String(Math.min(first + count, blocks)) };
  }

  async #carveKey(table: TablePlan, from: string | null, size: { rows: number; bytes: number }): Promise<Range | null> {
    const most = await this.greatestKey(table);
    const rowBytes = Math.max(table.bytes / Math.max(table.rows, 1), 1);
    const rows = Math.max(1, Math.floor(Math.min(size.rows, size.bytes / rowBytes)));
    const to = most === null ? null : await this.keyAfter(table, from, most, rows);
    return to === null ? null : { part: ROOT, by: 'key', from, to };
  }

  async greatestKey(table: TablePlan): Promise<string | null> {
    const all: Range = { part: ROOT, by: 'key', from: null, to: null };
    const [row] = await this.#session.query<{ key: string | null }>(
      `SELECT max(t.${sqlName(table.key!.column)})::text AS key ${fromRange(table, all)}`,
    );
    return row!.key;
  }

  async keyAfter(table: TablePlan, from: string | null, most: string, rows: number): Promise<string | null> {
    const key = `t.${sqlName(table.key!.column)}`;
    const next = `SELECT ${key} AS key ${fromRange(table, { part: ROOT, by: 'key', from, to: most })} ORDER BY ${key} LIMIT ${rows}`;
    const [row] = await this.#session.query<{ key: string | null }>(`SELECT max(key)::text AS key FROM (${next}) next`);
    return row!.key;
  }

  async count(table: TablePlan, range: Range): Promise<number> {
    const [row] = await this.#session.query<{ rows: number }>(
      `SELECT count(*)::float8 AS rows ${fromRange(table, range)}`,
    );
    return row!.rows;
  }

  hasEnded(epoch: string): boolean {
    // `xmin:xmax:…`: all below xmin have ended, all from xmax on had not begun.
    const [, begun] = epoch.split(':');
    const [ended] = this.epoch.split(':');
    return BigInt(ended!) >= BigInt(begun!);
  }

  async sums(table: TablePlan, range: Range, by: SumsBy): Promise<SourceSums> {
    if (by === 'rows') {
      const rows = this.rows(table, range, 'as is');
      await finished(rows.resume());
      return rows.sums();
    }
    const encoding = this.#encoding;
    const ask = (isExact: boolean) =>
      this.#session.query<SourceColumnSums & { unless: boolean }>(sumsStatement(table, range, { encoding, isExact }));
    const [quick] = await ask(false);
    const [found] = quick!.unless ? await ask(true) : [quick];
    const { unless: _, ...sums } = found!;
    // Its integers are signed, and their sum has no bound.
    return { ...sums, checksum: BigInt.asUintN(64, BigInt(sums.checksum)).toString() };
  }

  rows(table: TablePlan, range: Range, form: Form): CopyOut {
    return this.#session.copyOut(readStatement(table, range, form));
  }

  select(table: TablePlan, range: Range, form: Form): string {
    return fetchStatement(table, range, form);
  }

  close(): Promise<void> {
    return this.#session.close();
  }
}
