import { TrackflowError } from '../../errors/error.ts';
import { COLUMNS } from '../../event/columns.ts';
import type { ColumnPlan, TablePlan } from '../column.ts';
import type { Relation } from '../postgres/catalog.ts';
import { sqlName } from '../postgres/quote.ts';
import { eventFlag, eventMoney, eventProperties, eventsPlan, eventText, eventTime, eventUuid } from './events.ts';

export const TRACKFLOW_TABLE = 'events';
const NEEDED = ['event_id', 'name', 'occurred_at'];

/** A table with the columns of our events under their own names. Those it lacks take their defaults. */
export function trackflowPlan(events: Relation): TablePlan {
  const names = new Map(events.columns.map((column) => [column.name, column.type.name]));
  const missing = NEEDED.find((name) => !names.has(name));
  if (missing !== undefined)
    throw new TrackflowError(
      'TF_INPUT',
      `${events.schema}.${events.name} has no column ${missing}: it holds no events of TrackFlow`,
    );
  const columns = COLUMNS.flatMap(({ name, blockType }): ColumnPlan[] => {
    const type = names.get(name);
    return type === undefined ? [] : [eventColumn(name, blockType, `t.${sqlName(name)}`, type)];
  });
  return eventsPlan(events, { columns });
}

function eventColumn(
  name: string,
  blockType: (typeof COLUMNS)[number]['blockType'],
  value: string,
  type: string,
): ColumnPlan {
  switch (blockType) {
    case 'UUID':
      return eventUuid(name, name, value);
    case 'UInt8':
      return eventFlag(name, name, value);
    case 'Decimal(18, 4)':
      return eventMoney(name, name, value);
    case 'JSON(max_dynamic_paths=256)':
      return eventProperties(name, name, `${value}::jsonb`);
    case "DateTime64(3, 'UTC')":
      return eventTime(name, name, type === 'timestamptz' ? `(${value} AT TIME ZONE 'UTC')` : value);
    default:
      return eventText(name, name, `${value}::text`);
  }
}
