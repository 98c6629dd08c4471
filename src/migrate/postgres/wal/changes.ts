import { TrackflowError } from '../../../errors/error.ts';
import type { LoggedTable } from '../../column.ts';
import { sqlName } from '../quote.ts';
import type { ChangeMessage, LogMessage, RelationMessage, Tuple } from './pgoutput.ts';

/** What some transactions have made of a table in the end. */
export interface NetChanges {
  /** Index of the table in the plan. */
  readonly index: number;
  /** Everything that was there before is gone. */
  readonly isCleared: boolean;
  /** Rows as they are now, in the columns of the plan's log. */
  readonly rows: readonly Tuple[];
  /** Identities of rows of which the target may have an older version. */
  readonly replaced: readonly Tuple[];
}

/** Of a row, beside its texts. */
const ROW_BYTES = 64;

/**
 * Changes of the log, put together by the identity of their rows: of several to one row the last one counts.
 *
 * Always true: `bytes` bounds what is held; `end` is behind the last transaction that is in whole.
 */
export class Changes {
  readonly #tables: ReadonlyMap<string, { readonly table: LoggedTable; readonly index: number }>;
  readonly #relations = new Map<number, Relation | null>();
  #pending = new Map<number, Pending>();
  #bytes = 0;
  #isOpen = false;
  #isUpsert = false;
  #end: bigint;
  readonly #upsertUntil: bigint;

  /** Inserts of transactions that end before `upsertUntil` may be of rows that the target has already. */
  constructor(
    tables: readonly { readonly table: LoggedTable; readonly index: number }[],
    from: bigint,
    upsertUntil: bigint,
  ) {
    this.#tables = new Map(tables.map((one) => [one.table.source, one]));
    this.#end = from;
    this.#upsertUntil = upsertUntil;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Whether a transaction is half here. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Behind the last whole transaction. */
  get end(): bigint {
    return this.#end;
  }

  /** Throws TF_INPUT when a table has become another one in the source. */
  add(message: LogMessage): void {
    if (message.kind === 'begin') {
      this.#isOpen = true;
      this.#isUpsert = message.at < this.#upsertUntil;
    } else if (message.kind === 'commit') {
      this.#isOpen = false;
      this.#end = message.end;
    } else if (message.kind === 'relation') this.#relations.set(message.oid, this.#relation(message));
    else this.#change(message);
  }

  /** Hands over what came so far, and forgets it. */
  take(): readonly NetChanges[] {
    const taken = [...this.#pending].map(
      ([index, { isCleared, rows, replaced }]): NetChanges => ({
        index,
        isCleared,
        rows: [...rows.values()].filter((row) => row !== null),
        replaced: [...replaced.values()],
      }),
    );
    this.#pending = new Map();
    this.#bytes = 0;
    return taken;
  }

  #relation(message: RelationMessage): Relation | null {
    const found = this.#tables.get(`${sqlName(message.schema)}.${sqlName(message.name)}`);
    if (found === undefined) return null;
    const { table, index } = found;
    const at = (name: string) => message.columns.findIndex((column) => column.name === name);
    const missing = table.log.columns.find(({ name }) => at(name) < 0);
    if (missing !== undefined)
      throw new TrackflowError(
        'TF_INPUT',
        `${table.source} has no column ${JSON.stringify(missing.name)} any more: it cannot be followed as it was planned`,
        { hints: ['a new migration plans it anew'] },
      );
    return {
      index,
      columns: table.log.columns.map(({ name }) => at(name)),
      identity: table.log.identity.map(({ column }) => table.log.columns.findIndex(({ name }) => name === column)),
    };
  }

  #change(message: ChangeMessage): void {
    if (message.kind === 'truncate') {
      for (const oid of message.oids) this.#clear(oid);
      return;
    }
    const relation = this.#relations.get(message.oid) ?? null;
    if (relation === null) return;
    const pending = this.#of(relation.index);
    const mapped = (tuple: Tuple): Tuple => relation.columns.map((column) => tuple[column]);
    if (message.kind === 'delete') {
      this.#gone(pending, identityOf(mapped(message.key), relation));
      return;
    }
    const row = mapped(message.row);
    const id = identityOf(row, relation);
    const key = JSON.stringify(id);
    let before: Tuple | null | undefined;
    if (message.kind === 'update') {
      const old = message.key === null ? id : identityOf(mapped(message.key), relation);
      before = pending.rows.get(JSON.stringify(old));
      this.#gone(pending, old);
    }
    if (this.#isUpsert) pending.replaced.set(key, id);
    // A long value that did not change is that of the row before, where this is here.
    pending.rows.set(key, before ? row.map((value, at) => (value === undefined ? before![at] : value)) : row);
    this.#bytes += ROW_BYTES + row.reduce((sum, value) => sum + (value?.length ?? 0), 0);
  }

  #gone(pending: Pending, id: Tuple): void {
    const key = JSON.stringify(id);
    pending.rows.set(key, null);
    pending.replaced.set(key, id);
    this.#bytes += ROW_BYTES + key.length;
  }

  #clear(oid: number): void {
    const relation = this.#relations.get(oid) ?? null;
    if (relation !== null) this.#pending.set(relation.index, { isCleared: true, rows: new Map(), replaced: new Map() });
  }

  #of(index: number): Pending {
    const found = this.#pending.get(index);
    if (found !== undefined) return found;
    const made: Pending = { isCleared: false, rows: new Map(), replaced: new Map() };
    this.#pending.set(index, made);
    return made;
  }
}

interface Relation {
  readonly index: number;
  /** Where the columns of the plan are in a row of the log. */
  readonly columns: readonly number[];
  /** Where its identity is in the columns of the plan. */
  readonly identity: readonly number[];
}

interface Pending {
  readonly isCleared: boolean;
  /** By the text of their identity; null: deleted. */
  readonly rows: Map<string, Tuple | null>;
  readonly replaced: Map<string, Tuple>;
}

function identityOf(row: Tuple, { identity }: Relation): Tuple {
  return identity.map((at) => row[at]);
}
