import { COLUMNS } from './columns.ts';
import type { Event } from './event.ts';
import type { Table } from './table.ts';
import { AGREEMENTS } from './tables/agreement.ts';
import { PAYMENTS } from './tables/payment.ts';

export const EVENTS: Table<Event> = {
  name: 'events',
  columns: COLUMNS,
  id: 'event_id',
  time: 'occurred_at',
  visitor: 'visitor_id',
};

/** Every table that rows are spooled for, by name. */
export const TABLES = { events: EVENTS, payments: PAYMENTS, agreements: AGREEMENTS } as const;

export type TableName = keyof typeof TABLES;

export const TABLE_NAMES = Object.keys(TABLES) as readonly TableName[];

/** What a table is to whoever knows only that it has rows. */
export function tableOf(name: TableName): Pick<Table, 'name' | 'columns' | 'id' | 'time'> {
  return TABLES[name] as unknown as Table;
}
