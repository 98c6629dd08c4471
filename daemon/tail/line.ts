import { COLUMNS, REVENUE_SCALE } from '../../src/event/columns.ts';
import type { Event } from '../../src/event/event.ts';

const TEXTS = COLUMNS.filter(({ blockType }) => blockType === 'String').map(({ name }) => name);

/** The event as one line of `GET /tail`, without the line break. `properties` go in as they are stored, digit by digit. */
export function eventLine(event: Event): string {
  const shown: Record<string, string> = {
    event_id: event.event_id,
    occurred_at: new Date(event.occurred_at).toISOString(),
    received_at: new Date(event.received_at).toISOString(),
  };
  for (const name of TEXTS) {
    const text = event[name] as string;
    if (text !== '') shown[name] = text;
  }
  if (event.revenue !== 0) shown.revenue = decimalText(event.revenue);
  return `{"type":"event","event":${JSON.stringify(shown).slice(0, -1)},"properties":${event.properties}}}`;
}

/** Ten-thousandths → decimal text without zeros at its end, as `toString` of a Decimal gives it. */
function decimalText(units: number): string {
  const sign = units < 0 ? '-' : '';
  const whole = Math.floor(Math.abs(units) / REVENUE_SCALE);
  const fraction = String(Math.abs(units) % REVENUE_SCALE).padStart(4, '0');
  return `${sign}${whole}.${fraction}`.replace(/\.?0+$/, '');
}
