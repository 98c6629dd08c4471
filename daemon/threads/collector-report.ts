import type { Config } from '../../src/config/schema.ts';
import type { Report } from '../receive/reads/reads.ts';
import type { Counters } from '../telemetry/counters.ts';
import { asksForJson, jsonFigures } from '../telemetry/json-figures.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { health } from './collector-health.ts';

interface KnownStatus {
  readonly startedAt?: string;
  readonly lastMinute?: { readonly accepted: number } | null;
}

/** How a collector tells that it is well, and what it counts. Who asks for JSON by name gets all figures with each. */
export function collectorReport(parts: {
  readonly counters: Counters;
  readonly limits: Config['spool'];
  readonly metrics: Metrics;
  readonly status: () => Promise<object>;
  readonly now: () => number;
}): Report {
  const { counters, limits, metrics, status, now } = parts;
  const figures = async (document: KnownStatus) =>
    jsonFigures(counters, {
      healthStatus: health(counters, limits).ready ? 'healthy' : 'unhealthy',
      startedAt: Date.parse(document.startedAt ?? new Date(now()).toISOString()),
      eventsPerSecond: document.lastMinute?.accepted ?? 0,
      now: now(),
    });
  return {
    health: async (accept) => {
      const found = health(counters, limits);
      if (!asksForJson(accept)) return found;
      return { ready: found.ready, body: { ...found.body, ...(await figures(await status())) } };
    },
    status: async (accept) => {
      const document = await status();
      return asksForJson(accept) ? { ...document, ...(await figures(document)) } : document;
    },
    metrics: async (accept) => {
      if (!asksForJson(accept)) return metrics.render();
      return { contentType: 'application/json', body: JSON.stringify(await figures(await status())) };
    },
  };
}
