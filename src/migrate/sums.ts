/** What both sides of a chunk are asked for: what passed by, or everything, column by column. */
export type SumsBy = Sums['by'];
export type Sums = RowSums | ColumnSums;

/**
 * Of rows as COPY writes them, taken while they pass: costs the source nothing. An altered value is missed when both hashes
 * of its row stay the same, one time in 2^64.
 */
export interface RowSums {
  readonly by: 'rows';
  readonly rows: number;
  /** Of all rows the sums, modulo 2^52, of either hash of `row-hash.ts`: no order in it. */
  readonly checksum: string;
  /** NULL values, of all columns. */
  readonly nulls: number;
}

/** What is compared of the rows of a chunk, by column in the order of the plan, as the servers themselves compute it. */
export interface ColumnSums {
  readonly by: 'columns';
  readonly rows: number;
  /** Sum over all rows, modulo 2^64, of the first 64 bits of the MD5 of each row's canonical text: no order in it. */
  readonly checksum: string;
  /** NULL values of each column. */
  readonly nulls: readonly number[];
  /** Least and greatest value of each column that is ordered, as canonical text; null where there is none. */
  readonly least: readonly (string | null)[];
  readonly greatest: readonly (string | null)[];
}

export interface SourceColumnSums extends ColumnSums {
  /** Rows of which a value is changed by the mapping of a column. */
  readonly lost: readonly number[];
}

/** By rows nothing is lost: a value that the target cannot hold comes out with another text than it went in. */
export type SourceSums = RowSums | SourceColumnSums;

/** Sums of 32-bit numbers stay whole as doubles below that, and a sum that ran over 2^64 has the same rest. */
export const SUM_MODULUS = 2 ** 52;

/** As both sides write the two sums. */
export function rowChecksum(xx: number, murmur: number): string {
  return `${xx} ${murmur}`;
}

/** In what two sums of the same chunk differ, in words; empty where they agree. Both are by the same. */
export function differences(source: Sums, target: Sums, names: readonly string[]): string[] {
  const found: string[] = [];
  if (source.rows !== target.rows) found.push(`${source.rows} rows in the source, ${target.rows} in ClickHouse`);
  if (source.checksum !== target.checksum) found.push('the checksums differ');
  if (source.by === 'columns' && target.by === 'columns')
    return [...found, ...columnDifferences(source, target, names)];
  if (source.nulls !== target.nulls) found.push(`${source.nulls} NULL in the source, ${target.nulls} in ClickHouse`);
  return found;
}

function columnDifferences(source: ColumnSums, target: ColumnSums, names: readonly string[]): string[] {
  const found: string[] = [];
  names.forEach((name, index) => {
    if (source.nulls[index] !== target.nulls[index]) {
      found.push(`${name}: ${source.nulls[index]} NULL in the source, ${target.nulls[index]} in ClickHouse`);
    }
    if (source.rows === 0 || target.rows === 0) return;
    for (const side of ['least', 'greatest'] as const) {
      if (source[side][index] !== target[side][index]) {
        found.push(
          `${name}: the ${side} is ${source[side][index]} in the source, ${target[side][index]} in ClickHouse`,
        );
      }
    }
  });
  return found;
}
