import type { ColumnPlan, Loss } from '../column.ts';

/** A type of PostgreSQL, domains taken away. */
export interface PgType {
  /** Name in pg_type: `int8`, `numeric`, `bpchar`. */
  readonly name: string;
  /** `pg_type.typtype`: b, c, d, e, m, p, r. */
  readonly kind: string;
  /** What a column says of it, -1 where it says nothing: precision and scale. */
  readonly modifier: number;
  /** Of an array, the type of what is in it. */
  readonly element: PgType | null;
}

export interface PgColumn {
  readonly name: string;
  readonly type: PgType;
  /** The type as PostgreSQL writes it, domains kept. */
  readonly typeText: string;
  readonly notNull: boolean;
  readonly generated: boolean;
  /** Distinct values where statistics count them; else 0 or less. */
  readonly distinct: number;
}

/** What a type becomes, over an expression of it. `{}` in `target` and `store` is the column of ClickHouse. */
export interface Mapping {
  readonly type: string;
  readonly read: string;
  readonly wire?: string;
  readonly store?: string;
  /** Text in both languages. */
  readonly source: string;
  readonly target: string;
  /** Of ClickHouse: the text that `read`, or `asIs.value`, has in a COPY. */
  readonly line?: string;
  readonly ordered?: boolean;
  readonly loss?: Loss;
  readonly asIs?: NonNullable<ColumnPlan['asIs']>;
  /** Arrays and JSON have no NULL of their own in ClickHouse. */
  readonly neverNull?: boolean;
}
