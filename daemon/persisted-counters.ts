import { TABLE_NAMES, type TableName } from '../src/event/tables.ts';
import type { DaemonState } from './state/daemon-state.ts';
import { COUNTERS, type CounterName } from './telemetry/catalogue.ts';
import type { Counters } from './telemetry/counters.ts';
import type { SpoolOpened } from './threads/spool-handle.ts';

/**
 * Counters that go on over a restart and cannot be derived: saved once a second, so a kill loses at most the last second
 * of them. Accepted and stored are exact instead: the spool and `state.db` know them.
 */
const PERSISTED: readonly CounterName[] = COUNTERS.filter(
  (name) => name.endsWith('_duplicate_total') || name.startsWith('events_rejected_total'),
);
const SAVE_EVERY_MS = 1_000;

/** Loads the saved values into `counters` and keeps saving. Returns the way to save a last time and stop. */
export function persistCounters(counters: Counters, state: DaemonState, onError: (error: unknown) => void): () => void {
  const saved = state.counters();
  for (const name of PERSISTED) counters.add(name, saved.get(name) ?? 0);
  const save = () => {
    const changed = new Map<string, number>();
    for (const name of PERSISTED) {
      const value = counters.read(name);
      if (value !== (saved.get(name) ?? 0)) changed.set(name, value);
    }
    if (changed.size === 0) return;
    try {
      state.saveCounters(changed);
      for (const [name, value] of changed) saved.set(name, value);
    } catch (error) {
      onError(error);
    }
  };
  const timer = setInterval(save, SAVE_EVERY_MS);
  return () => {
    clearInterval(timer);
    save();
  };
}

/** Begins the totals of each table where the spool and `state.db` know that they ended. */
export function resumeTotals(counters: Counters, opened: SpoolOpened): void {
  for (const table of TABLE_NAMES) {
    const { stored, deadLettered, spooled } = opened[table];
    counters.add(`${table}_stored_total`, stored);
    counters.add(`${table}_accepted_total`, stored + deadLettered + spooled);
  }
}

/** Rows of each table that were accepted, and those of them that are stored or set aside. */
export function tableFigures(counters: Counters): Record<TableName, { accepted: number; settled: number }> {
  const of = (table: TableName) => ({
    accepted: counters.read(`${table}_accepted_total`),
    settled: counters.read(`${table}_stored_total`) + counters.read(`${table}_dead_lettered`),
  });
  return { events: of('events'), payments: of('payments'), agreements: of('agreements') };
}
