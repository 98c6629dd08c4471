import { z } from 'zod';
import { nearest } from '../config/nearest.ts';

export const METRICS = ['events', 'visitors', 'sessions', 'pageviews', 'revenue'] as const;

export type Metric = (typeof METRICS)[number];

/**
 * What can be counted. `sql` is the whole expression, `order` what to sort by when its answer is text.
 *
 * - `events`: rows. `pageviews`: events named `pageview`.
 * - `visitors`, `sessions`: distinct ids, by their 64-bit hashes (two of two million ids share one with a chance of one in
 *   ten million); events without the id are not counted. How exactly is what `Counting` says.
 * - `revenue`: sum as a decimal in a string, so that no digit is lost. It does not convert: with several currencies
 *   filter by `currency` or group by it.
 *
 * There is no bounce rate: a session that a period cuts would count as bounced.
 */
const REGISTRY: Readonly<Record<Metric, { sql(counting: Counting): string; order(counting: Counting): string }>> = {
  events: always('count()'),
  visitors: distinct('visitor'),
  sessions: distinct('session'),
  pageviews: always("countIf(name = 'pageview')"),
  revenue: { sql: () => 'toString(sum(revenue))', order: () => 'sum(revenue)' },
};

/**
 * - `few`, for totals and points in time: exact up to 65,536, within about 1 % above (`uniq`).
 * - `many`, for the values of a dimension, of which there may be thousands: exact up to 1,000, within about 1 % above
 *   (`uniqCombined64(15)`). Their states stay in the processor's caches, which takes a third off the time.
 */
export type Counting = 'few' | 'many';

/** The values of one row: whole numbers, revenue as decimal text. Only the metrics that were asked for. */
export type MetricValues = { [name in Exclude<Metric, 'revenue'>]?: number } & { revenue?: string };

/** As ClickHouse sends them: 64-bit integers may be text. */
export type RawMetrics = Readonly<Record<`metric_${Metric}`, string | number>>;

export const metricsSchema = z
  .array(
    z.string().transform((name, context) => {
      const metric = METRICS.find((known) => known === name);
      if (metric !== undefined) return metric;
      const near = nearest(name, METRICS);
      const hint = near === undefined ? '.' : `; did you mean ${near}?`;
      context.addIssue({
        code: 'custom',
        message: `unknown metric ${JSON.stringify(name)}${hint} Allowed: ${METRICS.join(', ')}`,
      });
      return z.NEVER;
    }),
  )
  .min(1, 'at least one metric')
  .max(METRICS.length, `at most ${METRICS.length} metrics`)
  .refine((names) => new Set(names).size === names.length, { error: 'a metric is named twice' });

/** The select list for `metrics`. The prefix keeps an alias from hiding the column of the same name. */
export function selectMetrics(metrics: readonly Metric[], counting: Counting): string {
  return metrics.map((name) => `${REGISTRY[name].sql(counting)} AS metric_${name}`).join(', ');
}

/** The expression that puts rows in the order of `metric`. */
export function orderOf(metric: Metric, counting: Counting): string {
  return REGISTRY[metric].order(counting);
}

/** One row's metrics in the order in which they were asked for; zeros where there is no row. */
export function metricValues(metrics: readonly Metric[], raw: RawMetrics | undefined): MetricValues {
  const value = (name: Metric) => raw?.[`metric_${name}`] ?? 0;
  return Object.fromEntries(
    metrics.map((name) => [name, name === 'revenue' ? String(value(name)) : Number(value(name))]),
  ) as MetricValues;
}

function always(expression: string) {
  return { sql: () => expression, order: () => expression };
}

function distinct(of: 'visitor' | 'session') {
  const sql = (counting: Counting) => `${DISTINCT[counting]}(${of}_hash, ${of}_hash != cityHash64(''))`;
  return { sql, order: sql };
}

const DISTINCT: Readonly<Record<Counting, string>> = { few: 'uniqIf', many: 'uniqCombined64If(15)' };
