import type { TableName } from '../../src/event/tables.ts';
import type { FateObserver } from '../flush/fates.ts';
import type { FlushObserver } from '../flush/flusher.ts';
import type { CommitObserver } from '../spool/committer.ts';
import type { RecoveryReport } from '../spool/recovery.ts';
import type { InternalEvent } from '../telemetry/catalogue.ts';
import type { Counters } from '../telemetry/counters.ts';
import { LagMeter } from '../telemetry/lag.ts';
import type { LogLevel } from './messages.ts';

export interface LaneEvents extends CommitObserver, FlushObserver, FateObserver {
  recovered(report: RecoveryReport): void;
  /** Client ids that left the window early because state.db could not be written. */
  keysForgotten(count: number): void;
}

type Log = (level: LogLevel, event: InternalEvent, fields: Record<string, string | number | boolean>) => void;

/** What happens in a lane, as counters and log lines: the catalogue of both for spool and flush. */
export function laneEvents(
  counters: Counters,
  table: TableName,
  log: Log,
  hooks: {
    readonly fatal: (error: unknown) => void;
    /** What the lane holds has changed: the gauges must tell before anybody is answered. */
    readonly changed: () => void;
    readonly now: () => number;
  },
): LaneEvents {
  const lag = new LagMeter(counters);
  return {
    recovered(report) {
      const rows = report.batches.reduce((sum, batch) => sum + batch.rows, 0);
      log('info', 'spool_recovered', { table, segments: report.batches.length, rows, cut: report.cut.length });
      counters.add('spool_quarantined_total', report.quarantined.length);
      for (const segment of report.quarantined) log('error', 'spool_quarantined', { segment });
    },
    committed(rows, duplicates, bytes, durationMs) {
      counters.add(`${table}_accepted_total`, rows);
      counters.add(`${table}_duplicate_total`, duplicates);
      counters.add('spool_commits_total');
      counters.add('spool_commit_seconds_total', durationMs / 1_000);
      counters.add('spool_bytes_written_total', bytes);
      counters.set('spool_last_commit_timestamp_seconds', hooks.now() / 1_000);
      hooks.changed();
    },
    refused(rows, reason) {
      counters.add(`events_refused_total{reason="${reason}"}`, rows);
    },
    failed(error) {
      log('error', 'spool_failed', { error: String(error) });
      hooks.fatal(error);
    },
    insert(batch, outcome, durationMs) {
      counters.add(`flush_inserts_total{outcome="${outcome.seen}"}`);
      counters.add('flush_insert_seconds_total', durationMs / 1_000);
      if (outcome.seen === 'stored') {
        counters.add('flush_inserted_rows_total', batch.rows);
        counters.set('flush_last_timestamp_seconds', hooks.now() / 1_000);
      }
      const fields = { batch: batch.name, rows: batch.rows, bytes: batch.bytes, durationMs: Math.round(durationMs) };
      if (outcome.seen === 'stored') log('debug', 'flush_insert', fields);
      else log('warn', `flush_insert_${outcome.seen}`, { ...fields, error: outcome.error });
    },
    verification() {
      counters.add('flush_verifications_total');
    },
    waiting(batch, error, waitMs) {
      log('debug', 'flush_waiting', { batch: batch.name, error, waitMs: Math.round(waitMs) });
    },
    stored(batch, rows, excess) {
      counters.add(`${table}_stored_total`, rows);
      lag.stored(batch.firstRowAt, hooks.now());
      hooks.changed();
      if (excess === 0) return;
      counters.add('flush_excess_rows_total', excess);
      log('error', 'flush_excess_rows', { batch: batch.name, rows: batch.rows, excess });
    },
    split(batch, into, error) {
      counters.add('flush_splits_total');
      log('warn', 'flush_split', { batch: batch.name, rows: batch.rows, into, error });
    },
    deadLettered(batch, error) {
      hooks.changed();
      log('error', 'flush_dead_lettered', { batch: batch.name, rows: batch.rows, error });
    },
    quarantined(batch, lost, error) {
      counters.add('spool_quarantined_total');
      hooks.changed();
      log('error', 'spool_quarantined', { segment: batch.name, rows: batch.rows, lost, error });
    },
    stateFailed(error) {
      log('error', 'state_failed', { error: String(error) });
    },
    keysForgotten(count) {
      log('error', 'spool_keys_forgotten', { count });
    },
  };
}
