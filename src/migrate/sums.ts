/** What is compared of the rows of a chunk, by column in the order of the plan. */
export interface Sums {
  readonly rows: number;
  /** Sum over all rows, modulo 2^64, of the first 64 bits of the MD5 of each row's canonical text: no order in it. */
  readonly checksum: string;
  /** NULL values of each column. */
  readonly nulls: readonly number[];
  /** Least and greatest value of each column that is ordered, as canonical text; null where there is none. */
  readonly least: readonly (string | null)[];
  readonly greatest: readonly (string | null)[];
}

export interface SourceSums extends Sums {
  /** Rows of which a value is changed by the mapping of a column. */
  readonly lost: readonly number[];
}

export const EMPTY_CHECKSUM = '0';

/** In what two sums of the same chunk differ, in words; empty where they agree. */
export function differences(source: Sums, target: Sums, names: readonly string[]): string[] {
  const found: string[] = [];
  if (source.rows !== target.rows) found.push(`${source.rows} rows in the source, ${target.rows} in ClickHouse`);
  if (source.checksum !== target.checksum) found.push('the checksums differ');
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
