import { z } from 'zod';
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

/** `WHERE …` of a statistic. The period is that of `occurred_at`, which the table is partitioned and ordered by. */
export function compileScope({ period, account, bots, filters }: Scope, parameters: Parameters): string {
  const conditions = [
    ...(account === undefined ? [] : [`account = ${parameters.bind('String', account)}`]),
    `occurred_at >= fromUnixTimestamp64Milli(${parameters.bind('Int64', period.from)}, 'UTC')`,
    `occurred_at < fromUnixTimestamp64Milli(${parameters.bind('Int64', period.to)}, 'UTC')`,
    ...BOT_CONDITIONS[bots],
    ...compileFilters(filters, parameters),
  ];
  return `WHERE ${conditions.join(' AND ')}`;
}

const BOT_CONDITIONS = { exclude: ["bot = ''"], include: [], only: ["bot != ''"] } as const;
