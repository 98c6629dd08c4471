/**
 * One text for what an event says, made from the event and, in SQL, from the row it became; and its CRC32. Two of them are
 * equal when the row holds what was sent.
 *
 * What the collector fills in itself is left out on both sides: for dialects without words for the visitor (`type` is empty)
 * the derived one, language and time zone; for `/`, which takes no time, the time. For all others the row's `occurred_at` has
 * to be the millisecond in its id. The rest of the id is in the text too, so a row under an altered id differs.
 */
import { crc32 } from 'node:zlib';
import type { LoadPlan } from '../plan/plan.ts';
import { DATA_NAME, type TrafficEvent } from './event.ts';
import { ID_TIME_SQL, idTail } from './event-id.ts';

/** The text of an event; its lines are those of `CANONICAL_SQL`. */
export function canonicalText(plan: LoadPlan, event: TrafficEvent): string {
  return `${idTail(plan, event.n)}\n${event.account}\n${event.name}\n${event.type}\n${event.visitor_id}\n${event.user_id}\n${event.url}\n${event.title}\n${event.referrer}\n${event.screen}\n${event.language}\n${event.timezone}\n${event.revenue}\n${event.currency}\n${event.properties}\n0`;
}

/** The ClickHouse expression (String) for the text of a row of `events`. */
export function canonicalSql(): string {
  const said = (column: string) => `if(type = '', '', toString(${column}))`;
  const lines = [
    'substring(toString(event_id), 16)',
    'account',
    'name',
    'type',
    said('visitor_id'),
    'user_id',
    'url',
    'title',
    'referrer',
    'screen',
    said('language'),
    said('timezone'),
    'toString(toInt64(revenue * 10000))',
    'currency',
    'toJSONString(properties)',
    `if(name = '${DATA_NAME}', '0', toString(toUnixTimestamp64Milli(occurred_at) - ${ID_TIME_SQL}))`,
  ];
  return `concatWithSeparator('\\n', ${lines.join(', ')})`;
}

/** CRC32 (zlib) of the UTF-8 bytes of the text. */
export function contentHash(plan: LoadPlan, event: TrafficEvent): number {
  return crc32(canonicalText(plan, event));
}

/** The ClickHouse expression (UInt32) for the hash of a row. */
export function contentHashSql(): string {
  return `CRC32(${canonicalSql()})`;
}
