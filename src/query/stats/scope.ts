import { z } from 'zod';
import type { Narrow } from '../../clickhouse/postgres-tables.ts';
import { COLUMNS } from '../../event/columns.ts';
import { compileFilters, filtersSchema } from '../filters.ts';
import { metricsSchema } from '../metrics.ts';
import type { Parameters } from '../parameters.ts';
import { periodSchema } from '../time/period.ts';

/** Whether events of bots count: `exclude` unless asked for. */
export const BOTS = ['exclude', 'include', 'only'] as const;

const ACCOUNT_LENGTH_MAX = COLUMNS.find((column) => column.name === 'account')!.maxBytes;

/** All accounts when it is left out. */
export const accountSchema = z.string().min(1).max(ACCOUNT_LENGTH_MAX).optional();

/** What every statistic can be narrowed by, and what it counts. */
export const scopeFields = {
  period: periodSchema,
  account: accountSchema,
  bots: z.enum(BOTS),
  filters: filtersSchema,
  metrics: metricsSchema,
} as const;

export type Scope = z.infer<z.ZodObject<typeof scopeFields>>;

/** A statistic's `WHERE …`, and the part of it that says which rows can matter at all. */
export interface CompiledScope {
  readonly where: string;
  readonly narrow: Narrow;
}

/** The period is that of `occurred_at`, which the table is partitioned and ordered by. */
export function compileScope({ period, account, bots, filters }: Scope, parameters: Parameters): CompiledScope {
  const range = [
    ...(account === undefined ? [] : [`account = ${parameters.bind('String', account)}`]),
    `occurred_at >= fromUnixTimestamp64Milli(${parameters.bind('Int64', period.from)}, 'UTC')`,
    `occurred_at < fromUnixTimestamp64Milli(${parameters.bind('Int64', period.to)}, 'UTC')`,
  ];
  const conditions = [...range, ...BOT_CONDITIONS[bots], ...compileFilters(filters, parameters)];
  return { where: `WHERE ${conditions.join(' AND ')}`, narrow: { table: 'events', where: range.join(' AND ') } };
}

const BOT_CONDITIONS = { exclude: ["bot = ''"], include: [], only: ["bot != ''"] } as const;
