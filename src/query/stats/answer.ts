import type { Interval } from '../time/interval.ts';
import type { Period } from '../time/period.ts';

/** The shape of every answer under `/v1/stats`. */
export interface StatsAnswer<Row> {
  readonly period: {
    /** ISO 8601 in UTC; `to` is not included. */
    readonly from: string;
    readonly to: string;
    /** Null where the question has no points in time. */
    readonly interval: Interval | null;
    readonly timezone: string;
  };
  readonly results: readonly Row[];
}

/** Puts rows together with the period that they are about. */
export function statsAnswer<Row>(
  params: { readonly period: Period; readonly interval?: Interval },
  results: readonly Row[],
): StatsAnswer<Row> {
  const { from, to, timezone } = params.period;
  return {
    period: {
      from: new Date(from).toISOString(),
      to: new Date(to).toISOString(),
      interval: params.interval ?? null,
      timezone,
    },
    results,
  };
}
