import { duration, fullNumber, shortNumber } from './numbers.ts';

/** How far a migration is behind what it follows: by rows, or by bytes and age of the source's log. Empty where neither is known. */
export function lagText(rows: number | null, log: { readonly bytes: number; readonly seconds: number } | null): string {
  if (log !== null) return `${shortNumber(log.bytes)} bytes of log and ${duration(log.seconds * 1_000)} behind`;
  return rows === null ? '' : `${fullNumber(rows)} rows behind`;
}
