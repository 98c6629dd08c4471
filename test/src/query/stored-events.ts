import { atOnce } from '../../../daemon/spool/pieces.ts';
import { openClickHouse } from '../../../src/clickhouse/client.ts';
import type { Endpoint } from '../../../src/clickhouse/endpoint.ts';
import { joinBlock } from '../../../src/clickhouse/native/block.ts';
import { EVENT_COLUMN_HEADS } from '../../../src/clickhouse/native/encoded-rows.ts';
import { RowEncoder } from '../../../src/clickhouse/native/row-encoder.ts';
import { COLUMNS } from '../../../src/event/columns.ts';
import { type Event, emptyEvent } from '../../../src/event/event.ts';

/** Stores events as flush does: one Native block, in one insert. */
export async function store(endpoint: Endpoint, events: readonly Event[]): Promise<void> {
  const encoder = new RowEncoder<Event>(COLUMNS);
  for (const event of events) encoder.append(event);
  const clickhouse = openClickHouse(endpoint, 'writer');
  try {
    const block = atOnce(joinBlock(EVENT_COLUMN_HEADS, [encoder.take()], 1n));
    await clickhouse.insertNative('events', block, { token: `test-${events[0]!.event_id}` });
  } finally {
    await clickhouse.close();
  }
}

/** An event with what is given, and an id made of `number`. Received 200 ms after it happened. */
export function event(number: number, given: Partial<Event> & Pick<Event, 'occurred_at'>): Event {
  const event_id = `0197a000-0000-7000-8000-${number.toString(16).padStart(12, '0')}`;
  return { ...emptyEvent(), event_id, account: 'default', received_at: given.occurred_at + 200, ...given };
}

/** Numbers from 0 to below `bound`, the same ones each time. */
export function numbersFrom(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}

/** The value of a dimension or `properties.<key>` as a question sees it. */
export function textOf(stored: Event, field: string): string {
  if (!field.startsWith('properties.')) return String(stored[field as keyof Event]);
  const properties = JSON.parse(stored.properties) as Record<string, unknown>;
  const value = properties[field.slice('properties.'.length)];
  return value === undefined || value === null ? '' : String(value);
}
