import { z } from 'zod';
import { type MetricValues, metricValues, type RawMetrics, selectMetrics } from '../metrics.ts';
import { Parameters } from '../parameters.ts';
import { ask, type Question } from '../question.ts';
import type { Reader, ReadOptions } from '../reader.ts';
import { compileInterval, countPoints, INTERVALS, POINTS_MAX, pointsOf } from '../time/interval.ts';
import { type StatsAnswer, statsAnswer } from './answer.ts';
import { compileScope, scopeFields } from './scope.ts';

const timeseriesSchema = z
  .strictObject({ ...scopeFields, interval: z.enum(INTERVALS) })
  .superRefine(({ period, interval }, context) => {
    const points = countPoints(period, interval);
    if (points <= POINTS_MAX) return;
    const enough = INTERVALS.filter((wider) => countPoints(period, wider) <= POINTS_MAX);
    context.addIssue({
      code: 'custom',
      path: ['interval'],
      message: `${interval} gives ${points} points; the most is ${POINTS_MAX}. Allowed for this period: ${enough.join(', ')}`,
    });
  });

export type TimeseriesParams = z.infer<typeof timeseriesSchema>;

/**
 * One point. `time` is local to the zone of the period: `2026-03-29T03:00:00+02:00` for minutes and hours,
 * `2026-03-29` (the first day) for days, weeks and months.
 */
export type TimeseriesRow = { time: string } & MetricValues;

type RawPoint = RawMetrics & { readonly point: string };

/** How much there was in each minute, hour, day, week or month of a period; points without events are zero. */
export const timeseries: Question<TimeseriesParams, RawPoint, TimeseriesRow> = {
  name: 'timeseries',
  params: timeseriesSchema,

  compile(params) {
    const parameters = new Parameters();
    const point = compileInterval(params.period, params.interval, parameters);
    const { where, narrow } = compileScope(params, parameters);
    const sql = `SELECT toString(${point}) AS point, ${selectMetrics(params.metrics, 'few')} FROM events ${where} GROUP BY point`;
    return { sql, params: parameters.values, narrow };
  },

  rows(raw, { period, interval, metrics }) {
    const byPoint = new Map(raw.map((row) => [row.point, row]));
    return pointsOf(period, interval).map(({ key, time }) => ({ time, ...metricValues(metrics, byPoint.get(key)) }));
  },
};

/** The answer to `GET /v1/stats/timeseries`. Rejects as `ask` does. */
export async function readTimeseries(
  reader: Reader,
  params: TimeseriesParams,
  options?: ReadOptions,
): Promise<StatsAnswer<TimeseriesRow>> {
  return statsAnswer(params, await ask(reader, timeseries, params, options));
}
