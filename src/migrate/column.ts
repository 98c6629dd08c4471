/** What may get lost of a column on its way, and which rows of the source it happens to. */
export interface Loss {
  /** `some`: only rows that fulfil `condition`, which are counted; `every`: the mapping itself. */
  readonly of: 'some' | 'every';
  /** SQL of the source; true for a row whose value does not arrive as it is. */
  readonly condition: string;
  /** What becomes of such a value, for people. */
  readonly what: string;
}

/**
 * One column of the target and all that is needed to fill and to verify it: expressions in the language of either side.
 * The texts of both `canonical` expressions are equal exactly when the value arrived.
 */
export interface ColumnPlan {
  readonly name: string;
  /** Type in ClickHouse. */
  readonly type: string;
  /** What it comes from, for people: `created_at timestamp with time zone`. */
  readonly from: string;
  /** SQL of the source whose text form is what `wire` reads. */
  readonly read: string;
  /** Type in ClickHouse in which the text arrives. */
  readonly wire: string;
  /** SQL of ClickHouse that makes the stored value of `{}`, which stands for what arrived; `{}` itself where it stays so. */
  readonly store: string;
  readonly canonical: { readonly source: string; readonly target: string };
  /** SQL of ClickHouse for the text that `read` has, or `asIs.value` where there is one, without escapes; absent where there is none. */
  readonly line?: string;
  readonly nullable: boolean;
  /** Whether the least and the greatest value are compared as well; the same in both languages for numbers and times only. */
  readonly ordered: boolean;
  readonly loss: Loss | null;
  /**
   * Where the bounds alone tell that no value is lost: the value as it is and its canonical text, which cost a fraction of
   * what mends it, and SQL over `{min}` and `{max}` that is true when some value needs that all the same.
   */
  readonly asIs?: { readonly value: string; readonly canonical: string; readonly unless: string };
}

/** One that is followed by the source's log. */
export type LoggedTable = TablePlan & { readonly log: LogPlan };

/** Whether all that can happen to a row shows in the text that COPY writes of it. */
export function isTextual({ columns }: Pick<TablePlan, 'columns'>): boolean {
  return columns.every(({ line, loss, asIs }) => line !== undefined && (loss === null || asIs !== undefined));
}

/** Physical pieces of a table: itself, or its partitions and children. */
export interface PartPlan {
  /** Quoted name, with schema. */
  readonly relation: string;
  readonly rows: number;
  readonly bytes: number;
  /** False for what has no blocks of its own, like a foreign table: one chunk. */
  readonly hasBlocks: boolean;
}

/** A key by which a table can be cut into ranges. */
export interface KeyPlan {
  readonly column: string;
  /** Type in the source, for its literals. */
  readonly type: string;
}

/**
 * How a source is cut that has neither blocks nor a snapshot: by a moment, and among rows of the same by the hash of the first
 * column, which is the id. Rows of one id and moment are versions of one row.
 */
export interface OrderPlan {
  /** SQL of the source. */
  readonly moment: string;
  /** Its type, for literals in UTC. */
  readonly type: string;
  /** SQL that is greater for a newer version; empty where nothing tells. */
  readonly newest: string;
}

/** What it takes to apply changes of a table: which rows are meant, and how the texts of a log are read. */
export interface LogPlan {
  /** Columns that identify a row, of the source, with the names and types that they have in the target. */
  readonly identity: readonly { readonly column: string; readonly name: string; readonly type: string }[];
  /** Every column of the source, with its type there. */
  readonly columns: readonly { readonly name: string; readonly type: string }[];
}

/** One table of the source and where it goes: fixed before the first row is copied, the same after every restart. */
export interface TablePlan {
  /** Quoted name in the source, with schema. */
  readonly source: string;
  /** Table in ClickHouse. */
  readonly target: string;
  /** Null: the target is ours and there already. */
  readonly create: string | null;
  readonly batchColumn: string;
  readonly columns: readonly ColumnPlan[];
  /** What is joined to a row `t` of a part. */
  readonly joins: string;
  /** Condition on `t`, empty for all rows. */
  readonly where: string;
  readonly parts: readonly PartPlan[];
  /** A key that only grows, where there is one: what `--follow` goes by. */
  readonly key: KeyPlan | null;
  /** Of sources that are cut by it. */
  readonly order?: OrderPlan;
  /** How its changes are told from the source's log; absent where it is not followed by that. */
  readonly log?: LogPlan;
  /** SQL of the source that stands for the table when only rows that are at hand are meant; absent: the table itself. */
  readonly given?: string;
  readonly rows: number;
  readonly bytes: number;
  /** What a person should know of it before it begins. */
  readonly notes: readonly string[];
}
