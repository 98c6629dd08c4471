/**
 * Who visits, for the Visitors view: questions of `src/query`, asked through the daemon while the view is open.
 *
 * Promises: nothing is asked while another view is open or the display is paused; one round at a time, `EVERY_MS` after
 * the last one ended, at once when the window changes. A round that fails is told in the view and tried again.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { StatsQuestion } from '../../control/protocol.ts';
import { AUDIENCE_EMPTY, AUDIENCE_TABLES, type Audience, type AudienceRow } from './audience.ts';
import type { DashStore, Snapshot } from './store.ts';

export type Ask = (question: StatsQuestion, params: Readonly<Record<string, string>>) => Promise<StatsRows>;

export interface StatsRows {
  readonly results: readonly Readonly<Record<string, string | number>>[];
  readonly missing_shards?: readonly number[];
}

const EVERY_MS = 5_000;
const ROWS = 20;

/** Resolves when `signal` aborts. */
export async function runAudience(
  { store, ask, now }: { store: DashStore; ask: Ask; now: () => number },
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await changed(store, isWanted, signal);
    if (signal.aborted) return;
    const { ui, viewAt, audience } = store.getSnapshot();
    const asked = { askedAt: now(), windowMs: ui.windowMs };
    const period = { from: new Date(viewAt - ui.windowMs).toISOString(), to: new Date(viewAt).toISOString() };
    try {
      store.setAudience({ ...asked, ...(await askAll(ask, period)), failure: '' });
    } catch (error) {
      store.setAudience({ ...(audience ?? AUDIENCE_EMPTY), ...asked, failure: (error as Error).message });
    }
    const interrupted = new AbortController();
    const waiting = AbortSignal.any([signal, interrupted.signal]);
    await Promise.race([
      sleep(EVERY_MS, undefined, { signal: waiting }).catch(() => {}),
      changed(store, ({ ui: after }) => after.windowMs !== ui.windowMs || after.seekMs !== ui.seekMs, waiting),
    ]);
    interrupted.abort();
  }
}

async function askAll(
  ask: Ask,
  period: { from: string; to: string },
): Promise<Pick<Audience, 'totals' | 'tables' | 'missingShards'>> {
  const missing = new Set<number>();
  const note = ({ missing_shards = [] }: StatsRows) => {
    for (const shard of missing_shards) missing.add(shard);
  };
  const totals = await ask('totals', { ...period, metrics: 'visitors,sessions,pageviews,events' });
  const tables: Record<string, readonly AudienceRow[]> = {};
  for (const { dimension } of AUDIENCE_TABLES) {
    const params = { ...period, dimension, metrics: 'visitors,events', limit: String(ROWS) };
    const answer = await ask('top', params);
    note(answer);
    tables[dimension] = answer.results.map(({ value, visitors, events }) => ({
      value: String(value ?? ''),
      visitors: Number(visitors),
      events: Number(events),
    }));
  }
  note(totals);
  const [row] = totals.results;
  const total = (name: string) => Number(row?.[name] ?? 0);
  return {
    totals: {
      visitors: total('visitors'),
      sessions: total('sessions'),
      pageviews: total('pageviews'),
      events: total('events'),
    },
    tables: tables as Audience['tables'],
    missingShards: [...missing].sort((a, b) => a - b),
  };
}

function isWanted({ ui, facts }: Snapshot): boolean {
  return ui.view === 'visitors' && ui.pausedAt === null && facts.state !== null;
}

/** Waits until the store is as told, or the signal aborts. */
function changed(store: DashStore, wanted: (snapshot: Snapshot) => boolean, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      if (!signal.aborted && !wanted(store.getSnapshot())) return;
      stop();
      signal.removeEventListener('abort', settle);
      resolve();
    };
    const stop = store.subscribe(settle);
    signal.addEventListener('abort', settle);
    settle();
  });
}
