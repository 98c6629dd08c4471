import type { Refusal } from '../refusal.ts';

/**
 * What an error of PostgreSQL means for a batch: the counterpart of `refusal.ts`. Classes and codes are those of
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 *
 * `data`: 22 (data exception), 23 (integrity constraint) and 54 (a limit of the program, as of an index entry): the rows will
 * be refused again.
 * `unknown`: 57014, the time of the statement was over. It was rolled back, and fewer rows may be in time.
 * `memory`: 53200. Fewer rows may pass.
 * `other`: full disks (53100), no connection free (53300), wrong password (28P01), a server that only reads (25006), a table
 * that is missing (42P01) and everything else. The rows are fine; they wait.
 */
export function classifySqlState(code: string): Refusal {
  if (/^(22|23|54)/.test(code)) return 'data';
  if (code === '57014') return 'unknown';
  return code === '53200' ? 'memory' : 'other';
}
