import { chText } from '../clickhouse/quote.ts';
import type { SourceColumn } from './schema.ts';
import { textOf } from './values.ts';

/** An id that follows from what makes a row the one it is: the same in every run. */
export function derivedId(table: string, texts: readonly string[]): string {
  const parts = [chText(`sfpl/${table}`), ...texts].join(', ');
  return `UUIDNumToString(MD5(concatWithSeparator('\\x1f', ${parts})))`;
}

/**
 * The row's own id where it is a UUID; one that follows from it where it is another text; `absent` where it has none.
 */
export function idOf(column: SourceColumn | undefined, table: string, absent: string): string {
  if (column === undefined) return absent;
  const text = textOf(column);
  return `multiIf(${text} = '', ${absent}, isNotNull(toUUIDOrNull(${text})), lower(${text}), ${derivedId(`${table}/id`, [text])})`;
}
