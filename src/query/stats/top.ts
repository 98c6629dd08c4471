import { z } from 'zod';
import { compileField, fieldSchema } from '../field.ts';
import { type MetricValues, metricValues, orderOf, type RawMetrics, selectMetrics } from '../metrics.ts';
import { Parameters } from '../parameters.ts';
import { ask, type Question } from '../question.ts';
import type { Reader, ReadOptions } from '../reader.ts';
import { type StatsAnswer, statsAnswer } from './answer.ts';
import { compileScope, scopeFields } from './scope.ts';

/** Values in one answer, and how far an offset reaches. */
export const TOP_LIMIT_MAX = 1_000;
export const TOP_OFFSET_MAX = 100_000;

const topSchema = z.strictObject({
  ...scopeFields,
  dimension: fieldSchema,
  limit: z.number().int().min(1).max(TOP_LIMIT_MAX),
  offset: z.number().int().min(0).max(TOP_OFFSET_MAX),
});

export type TopParams = z.infer<typeof topSchema>;

/** `value` is the empty text for events that have none. */
export type TopRow = { value: string } & MetricValues;

type RawTop = RawMetrics & { readonly value: string };

/** The values of a dimension or property that have most of the first metric; equals in the order of the value. */
export const top: Question<TopParams, RawTop, TopRow> = {
  name: 'top',
  params: topSchema,

  compile(params) {
    const parameters = new Parameters();
    const { where, narrow } = compileScope(params, parameters);
    const value = compileField(params.dimension);
    const limit = parameters.bind('UInt32', params.limit);
    const offset = parameters.bind('UInt32', params.offset);
    const sql = `SELECT ${value} AS value, ${selectMetrics(params.metrics, 'many')} FROM events ${where} GROUP BY value ORDER BY ${orderOf(params.metrics[0]!, 'many')} DESC, value LIMIT ${limit} OFFSET ${offset}`;
    return { sql, params: parameters.values, narrow };
  },

  rows: (raw, { metrics }) => raw.map((row) => ({ value: row.value, ...metricValues(metrics, row) })),
};

/** The answer to `GET /v1/stats/top`. Rejects as `ask` does. */
export async function readTop(reader: Reader, params: TopParams, options?: ReadOptions): Promise<StatsAnswer<TopRow>> {
  return statsAnswer(params, await ask(reader, top, params, options));
}
