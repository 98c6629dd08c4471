import { z } from 'zod';
import type { StoreSession } from '../../../src/postgres/session.ts';
import { STORE_SCHEMA } from '../../../src/postgres/store-access.ts';
import { type AnyTaskKind, type TaskContext, taskKind } from '../kind.ts';
import { cutoffOf, FOR_EVER, isForEver, type Kept, RETENTION_SCHEDULE } from './retention.ts';

/** Rows that one statement deletes: few enough that nobody waits for it. */
const ROWS_PER_STATEMENT = 10_000;

export interface PostgresRetentionParts extends Kept {
  /** A session with the store, which the caller closes. Rejects when it is away. */
  connect(): Promise<StoreSession>;
}

/**
 * Retention where PostgreSQL keeps the events: the same rules and hour as in ClickHouse (`retention.ts`), row by row. The
 * flush goes on meanwhile: whether a batch is stored is not told by its rows. The room of deleted rows is PostgreSQL's to
 * use again (autovacuum).
 */
export function postgresRetention(parts: PostgresRetentionParts): AnyTaskKind {
  return taskKind({
    kind: 'retention',
    paramsSchema: z.strictObject({}),
    get refusal() {
      return isForEver(parts) ? FOR_EVER : null;
    },
    schedule: RETENTION_SCHEDULE,
    steps: [{ name: 'delete', run: (context) => deleteOver(parts, context) }],
  });
}

async function deleteOver(parts: PostgresRetentionParts, context: TaskContext<object>): Promise<void> {
  const over = conditionsOf(parts, context);
  const session = await parts.connect();
  try {
    let deleted = 0;
    for (const [index, { condition, params }] of over.entries()) {
      for (;;) {
        context.signal.throwIfAborted();
        const [answer] = await session.query<{ rows: number }>(
          `WITH gone AS (DELETE FROM ${EVENTS} WHERE ctid = ANY (ARRAY(
             SELECT ctid FROM ${EVENTS} WHERE ${condition} LIMIT ${ROWS_PER_STATEMENT})) RETURNING 1)
           SELECT count(*)::float8 AS rows FROM gone`,
          params,
        );
        deleted += answer!.rows;
        context.checkpoint({ deleted });
        if (answer!.rows < ROWS_PER_STATEMENT) break;
      }
      context.progress(index + 1, over.length);
    }
    if (deleted > 0) context.log('info', 'retention_deleted', { rows: deleted });
  } finally {
    await session.close();
  }
}

interface Over {
  readonly condition: string;
  readonly params: readonly unknown[];
}

/** Which rows are over: those of accounts with a retention of their own, and those of all others. */
function conditionsOf(parts: PostgresRetentionParts, context: TaskContext<object>): readonly Over[] {
  const own = parts.accounts();
  const before = (days: number) => new Date(cutoffOf(days, context)).toISOString().replace('Z', '');
  const over: Over[] = own.flatMap(({ account, days }) =>
    days === 0 ? [] : [{ condition: 'account = $1 AND occurred_at < $2::timestamp', params: [account, before(days)] }],
  );
  if (parts.days === 0) return over;
  const others = { condition: 'account <> ALL ($1) AND occurred_at < $2::timestamp' };
  return [...over, { ...others, params: [own.map(({ account }) => account), before(parts.days)] }];
}

const EVENTS = `${STORE_SCHEMA}.events`;
