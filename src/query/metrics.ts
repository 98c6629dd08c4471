import { z } from 'zod';
import { nearest } from '../config/nearest.ts';

/**
 * What can be counted. `sql` is the whole expression, `order` what to sort by when its answer is text.
 *
 * - `events`: rows. `pageviews`: events named `pageview`.
 * - `visitors`, `sessions`: distinct ids, exact up to 65,536 and within about 1 % above (`uniq`); events without the
 *   id are not counted.
 * - `revenue`: sum as a decimal in a string, so that no digit is lost. It does not convert: with several currencies
 *   filter by `currency` or group by it.
 *
 * There is no bounce rate: a session that a period cuts would count as bounced.
 */
const REGISTRY = {
  events: { sql: 'count()', order: 'count()' },
  visitors: distinct('visitor_id'),
  sessions: distinct('session_id'),
  pageviews: { sql: "countIf(name = 'pageview')", order: "countIf(name = 'pageview')" },
  revenue: { sql: 'toString(sum(revenue))', order: 'sum(revenue)' },
} as const;

export type Metric = keyof typeof REGISTRY;

export const METRICS = Object.keys(REGISTRY) as readonly Metric[];

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
      const hint = near === undefined ? '' : `; did you mean ${near}?`;
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
export function selectMetrics(metrics: readonly Metric[]): string {
  return metrics.map((name) => `${REGISTRY[name].sql} AS metric_${name}`).join(', ');
}

/** The expression that puts rows in the order of `metric`. */
export function orderOf(metric: Metric): string {
  return REGISTRY[metric].order;
}

/** One row's metrics in the order in which they were asked for; zeros where there is no row. */
export function metricValues(metrics: readonly Metric[], raw: RawMetrics | undefined): MetricValues {
  const value = (name: Metric) => raw?.[`metric_${name}`] ?? 0;
  return Object.fromEntries(
    metrics.map((name) => [name, name === 'revenue' ? String(value(name)) : Number(value(name))]),
  ) as MetricValues;
}

function distinct(column: 'visitor_id' | 'session_id') {
  const sql = `uniqIf(${column}, ${column} != '')`;
  return { sql, order: sql };
}
