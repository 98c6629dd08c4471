import { z } from 'zod';
import { type MetricValues, metricValues, type RawMetrics, selectMetrics } from '../metrics.ts';
import { Parameters } from '../parameters.ts';
import { ask, type Question } from '../question.ts';
import type { Reader, ReadOptions } from '../reader.ts';
import { type StatsAnswer, statsAnswer } from './answer.ts';
import { compileScope, scopeFields } from './scope.ts';

const totalsSchema = z.strictObject(scopeFields);

export type TotalsParams = z.infer<typeof totalsSchema>;

/** How much there was in a period. Always one row. */
export const totals: Question<TotalsParams, RawMetrics, MetricValues> = {
  name: 'totals',
  params: totalsSchema,

  compile(params) {
    const parameters = new Parameters();
    const { where, narrow } = compileScope(params, parameters);
    const sql = `SELECT ${selectMetrics(params.metrics, 'few')} FROM events ${where}`;
    return { sql, params: parameters.values, narrow };
  },

  rows: (raw, { metrics }) => [metricValues(metrics, raw[0])],
};

/** The answer to `GET /v1/stats/totals`. Rejects as `ask` does. */
export async function readTotals(
  reader: Reader,
  params: TotalsParams,
  options?: ReadOptions,
): Promise<StatsAnswer<MetricValues>> {
  return statsAnswer(params, await ask(reader, totals, params, options));
}
