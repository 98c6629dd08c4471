import type { LedgerView } from '../../src/loadtest/ledger/view.ts';
import { EVENT_STATES, type EventState } from '../../src/loadtest/measure/outcome.ts';
import type { LoadPlan } from '../../src/loadtest/plan/plan.ts';
import { eventAt } from '../../src/loadtest/profile/event.ts';
import { eventId } from '../../src/loadtest/profile/event-id.ts';
import type { TestEngine } from './engine.ts';

/** A row of `events` by column. */
export type StoredRow = Record<string, unknown>;

const ROWS_PER_INSERT = 50_000;

/** Event `n` of the plan as the collector stores it when it was sent at `atMs`. */
export function storedRow(plan: LoadPlan, n: number, atMs = plan.startedAt): StoredRow {
  const event = eventAt(plan, n);
  const time = new Date(atMs).toISOString().replace('T', ' ').replace('Z', '');
  return {
    event_id: eventId(plan, n, atMs),
    account: event.account,
    name: event.name,
    type: event.type,
    visitor_id: event.visitor_id,
    user_id: event.user_id,
    occurred_at: time,
    received_at: time,
    url: event.url,
    title: event.title,
    referrer: event.referrer,
    screen: event.screen,
    language: event.language,
    timezone: event.timezone,
    revenue: event.revenue / 10_000,
    currency: event.currency,
    properties: JSON.parse(event.properties) as object,
  };
}

/** Inserts rows around the collector. */
export async function insertRows({ endpoint }: TestEngine, rows: Iterable<StoredRow>): Promise<void> {
  const statement = encodeURIComponent(`INSERT INTO ${endpoint.database}.events FORMAT JSONEachRow`);
  const headers = { 'X-ClickHouse-User': endpoint.writer.user, 'X-ClickHouse-Key': endpoint.writer.password };
  let lines: string[] = [];
  const send = async () => {
    const url = `${endpoint.url}/?query=${statement}`;
    const answer = await fetch(url, { method: 'POST', headers, body: lines.join('\n') });
    if (!answer.ok) throw new Error(await answer.text());
    await answer.arrayBuffer();
    lines = [];
  };
  for (const row of rows) {
    if (lines.push(JSON.stringify(row)) === ROWS_PER_INSERT) await send();
  }
  if (lines.length > 0) await send();
}

/** A ledger in memory of the events before `end`. */
export function ledgerOf(end: number, stateOf: (n: number) => EventState): LedgerView {
  const counts = Object.fromEntries(EVENT_STATES.map((state) => [state, 0])) as Record<EventState, number>;
  for (let n = 0; n < end; n++) counts[stateOf(n)]++;
  const { acknowledged, rejected, unknown } = counts;
  return {
    stateOf: (n) => (n < end ? stateOf(n) : 'unsent'),
    end,
    counts: { acknowledged, rejected, unknown },
    close: () => {},
  };
}
