import { TrackflowError } from '../../errors/error.ts';
import type { Percentiles, ReportFigures, SloResult } from './report.ts';

/**
 * What can be asked of a run, and its unit. Percentiles are those of the latency from the intended start, of the closed
 * model those of the service time; one that too few samples back is replaced by the maximum, which is never below it.
 */
const METRICS = {
  p50: { unit: 'ms', of: (figures) => percentile(figures, 'p50') },
  p90: { unit: 'ms', of: (figures) => percentile(figures, 'p90') },
  p99: { unit: 'ms', of: (figures) => percentile(figures, 'p99') },
  'p99.9': { unit: 'ms', of: (figures) => percentile(figures, 'p999') },
  'p99.99': { unit: 'ms', of: (figures) => percentile(figures, 'p9999') },
  max: { unit: 'ms', of: (figures) => percentile(figures, 'max') },
  /** From acknowledgement to queryable row, p99 of the seconds; without a control socket, the slowest probe. */
  lag: { unit: 'ms', of: ({ server, visibility }) => server?.lagP99Ms ?? visibility?.max ?? null },
  errors: { unit: 'share', of: errorShare },
  /** Events. */
  stored: { unit: 'per second', of: ({ load }) => load.storedPerSecond },
  rate: { unit: 'per second', of: ({ load }) => load.achievedRate },
} as const satisfies Record<string, { unit: SloUnit; of: (figures: ReportFigures) => number | null }>;

type SloUnit = 'ms' | 'share' | 'per second';
type MetricName = keyof typeof METRICS;

/** A bound on a metric. `limit` is in milliseconds, a share of 1, or per second. */
export interface Slo {
  readonly text: string;
  readonly metric: MetricName;
  readonly comparison: '<' | '<=' | '>' | '>=';
  readonly limit: number;
  readonly unit: SloUnit;
}

const SLOS_MAX = 20;
const PATTERN = /^([a-z0-9.]+)\s*(<=|>=|<|>)\s*(.+)$/;
const EXAMPLES: Readonly<Record<SloUnit, string>> = { ms: '250ms or 5s', share: '0.1%', 'per second': '1000/s' };

/** The bounds of `p99<250ms,errors<0.1%,lag<5s,stored>1000/s`. Throws TF_USAGE with the part that is wrong. */
export function parseSlos(text: string): readonly Slo[] {
  const parts = text.split(',').map((part) => part.trim());
  if (parts.length > SLOS_MAX) throw wrong(`${parts.length} bounds`, `at most ${SLOS_MAX}`);
  return parts.map(parseSlo);
}

/** Whether each bound held. `measured` is in the unit of the bound; a metric that was not measured is not met. */
export function evaluateSlos(slos: readonly Slo[], figures: ReportFigures): SloResult[] {
  return slos.map(({ text, metric, comparison, limit }) => {
    const measured = METRICS[metric].of(figures);
    return { text, measured, met: measured !== null && HOLDS[comparison](measured, limit) };
  });
}

/**
 * Requests that failed, as a share of those sent. Bad events are sent on purpose (`badRate`), so a rejection is no
 * failure, as long as there are no more of them than chance makes of that rate.
 */
export function errorShare({ outcomes, rejectedBy, plan, load }: ReportFigures): number | null {
  const all = Object.values(outcomes).reduce((sum, count) => sum + count, 0);
  if (all === 0) return null;
  const failed = all - outcomes.accepted - outcomes.rejected;
  const rejected = Object.values(rejectedBy).reduce((sum, count) => sum + count, 0);
  const expected = load.sent * plan.badRate;
  const tooMany = rejected - expected - CHANCE * Math.sqrt(expected * (1 - plan.badRate));
  const share = load.sent > 0 && tooMany > 0 ? (rejected - expected) / load.sent : 0;
  return Math.min(1, failed / all + share);
}

/** Standard deviations: more by chance happens once in two million runs. */
const CHANCE = 5;

const HOLDS: Readonly<Record<Slo['comparison'], (measured: number, limit: number) => boolean>> = {
  '<': (measured, limit) => measured < limit,
  '<=': (measured, limit) => measured <= limit,
  '>': (measured, limit) => measured > limit,
  '>=': (measured, limit) => measured >= limit,
};

function percentile({ latency, service }: ReportFigures, name: Exclude<keyof Percentiles, 'count'>): number | null {
  const of = latency ?? service;
  return of[name] ?? of.max;
}

function parseSlo(text: string): Slo {
  const [, metric = '', comparison, amount = ''] = PATTERN.exec(text) ?? [];
  if (!isMetric(metric)) {
    throw wrong(text, `one of ${Object.keys(METRICS).join(', ')}, then <, <=, > or >=, as in p99<250ms`);
  }
  const { unit } = METRICS[metric];
  const limit = LIMIT_OF[unit](amount.trim());
  if (limit === null) throw wrong(text, `${metric} is compared with ${EXAMPLES[unit]}`);
  return { text, metric, comparison: comparison as Slo['comparison'], limit, unit };
}

const MS_OF: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000 };

const LIMIT_OF: Readonly<Record<SloUnit, (text: string) => number | null>> = {
  // Not the durations of the configuration: those are whole milliseconds, and a p50 is not.
  ms: (text) => {
    const [, amount, unit] = /^([\d.]+)(ms|s|m)$/.exec(text) ?? [];
    const value = numberOf(amount ?? '');
    return value === null ? null : value * MS_OF[unit!]!;
  },
  share: (text) => {
    const value = amountBefore(text, /%$/);
    return value === null || value > 100 ? null : value / 100;
  },
  'per second': (text) => amountBefore(text, /\/s$/),
};

function amountBefore(text: string, unit: RegExp): number | null {
  const amount = text.replace(unit, '');
  const value = numberOf(amount.replace(/k$/, ''));
  return amount === text || value === null ? null : value * (amount.endsWith('k') ? 1_000 : 1);
}

function numberOf(text: string): number | null {
  return /^\d{1,12}(?:\.\d{1,6})?$/.test(text) ? Number(text) : null;
}

function isMetric(text: string): text is MetricName {
  return Object.hasOwn(METRICS, text);
}

function wrong(given: string, allowed: string): TrackflowError {
  return new TrackflowError('TF_USAGE', `--slo: ${JSON.stringify(given)} is no bound; allowed: ${allowed}`);
}
