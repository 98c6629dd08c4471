/**
 * From the query string of a request to a checked query. Closed: a parameter that the question does not know, one that
 * is empty or one that is given twice is TF_INPUT with its name, what was given and what is allowed.
 *
 * `now` is milliseconds since the epoch: relative periods count from it.
 */
import { nearest } from '../config/nearest.ts';
import { TrackflowError } from '../errors/error.ts';
import { decodeCursor } from './activities/cursor.ts';
import { ACTIVITIES_LIMIT_DEFAULT, type ActivitiesParams, activities } from './activities.ts';
import { type Filter, parseFilter } from './filters.ts';
import { METRICS } from './metrics.ts';
import { checkParams } from './question.ts';
import { type TimeseriesParams, timeseries } from './stats/timeseries.ts';
import { type TopParams, top } from './stats/top.ts';
import { type TotalsParams, totals } from './stats/totals.ts';
import { defaultInterval } from './time/interval.ts';
import { parseMoment } from './time/moment.ts';
import { resolvePeriod, resolveZone } from './time/period.ts';

const SCOPE = ['period', 'from', 'to', 'timezone', 'account', 'bots', 'filter', 'metrics'] as const;

export const TOP_LIMIT_DEFAULT = 10;

/** `GET /v1/stats/totals`. All metrics unless `metrics` names some. */
export function parseTotals(search: URLSearchParams, now: number): TotalsParams {
  const given = new Given(search, SCOPE);
  return checkParams(totals.params, scopeOf(given, now, METRICS));
}

/** `GET /v1/stats/timeseries`. The interval follows from the period unless it is named. */
export function parseTimeseries(search: URLSearchParams, now: number): TimeseriesParams {
  const given = new Given(search, [...SCOPE, 'interval']);
  const scope = scopeOf(given, now, ['events', 'visitors']);
  return checkParams(timeseries.params, {
    ...scope,
    interval: given.text('interval') ?? defaultInterval(scope.period),
  });
}

/** `GET /v1/stats/top`. Needs a `dimension`; sorted by the first metric. */
export function parseTop(search: URLSearchParams, now: number): TopParams {
  const given = new Given(search, [...SCOPE, 'dimension', 'limit', 'offset']);
  const dimension = given.text('dimension');
  if (dimension === undefined) {
    throw new TrackflowError('TF_INPUT', 'dimension: is missing; name a field, like dimension=country');
  }
  return checkParams(top.params, {
    ...scopeOf(given, now, ['events', 'visitors']),
    dimension,
    limit: given.whole('limit') ?? TOP_LIMIT_DEFAULT,
    offset: given.whole('offset') ?? 0,
  });
}

/** `GET /activities`. `from` and `to` bound the time of receipt; `timezone` says where a bare date begins. */
export function parseActivities(search: URLSearchParams): ActivitiesParams {
  const given = new Given(search, ['limit', 'cursor', 'account', 'user_id', 'action', 'from', 'to', 'timezone']);
  const zone = resolveZone(given.text('timezone'));
  const moment = (name: string, edge: 'start' | 'end') => {
    const text = given.text(name);
    return text === undefined ? undefined : parseMoment(name, text, zone, edge);
  };
  const cursor = given.text('cursor');
  return checkParams(activities.params, {
    limit: given.whole('limit') ?? ACTIVITIES_LIMIT_DEFAULT,
    after: cursor === undefined ? undefined : decodeCursor(cursor),
    account: given.text('account'),
    user_id: given.text('user_id'),
    action: given.text('action'),
    from: moment('from', 'start'),
    to: moment('to', 'end'),
  });
}

function scopeOf(given: Given, now: number, metrics: readonly string[]) {
  const [period, from, to, timezone] = ['period', 'from', 'to', 'timezone'].map((name) => given.text(name));
  return {
    period: resolvePeriod({ period, from, to, timezone }, now),
    account: given.text('account'),
    bots: given.text('bots') ?? 'exclude',
    filters: given.all('filter').map((text): Filter => parseFilter(text)),
    metrics: given.text('metrics')?.split(',') ?? metrics,
  };
}

/** A query string of which every name is known. */
class Given {
  readonly #search: URLSearchParams;

  constructor(search: URLSearchParams, known: readonly string[]) {
    for (const name of new Set(search.keys())) {
      if (!known.includes(name)) throw unknownParameter(name, known);
    }
    this.#search = search;
  }

  all(name: string): string[] {
    return this.#search.getAll(name);
  }

  text(name: string): string | undefined {
    const values = this.#search.getAll(name);
    if (values.length > 1)
      throw new TrackflowError('TF_INPUT', `${name}: is given ${values.length} times; once is allowed`);
    if (values[0] === '') throw new TrackflowError('TF_INPUT', `${name}: is empty; leave it away or give it a value`);
    return values[0];
  }

  whole(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    if (/^\d{1,9}$/.test(text)) return Number(text);
    throw new TrackflowError('TF_INPUT', `${name}: ${JSON.stringify(text.slice(0, SHOWN_MAX))} is no whole number`);
  }
}

function unknownParameter(name: string, known: readonly string[]): TrackflowError {
  const near = nearest(name, known);
  const hint = near === undefined ? '.' : `; did you mean ${near}?`;
  const shown = JSON.stringify(name.slice(0, SHOWN_MAX));
  return new TrackflowError('TF_INPUT', `unknown parameter ${shown}${hint} Allowed: ${known.join(', ')}`);
}

/** Characters of a wrong name or value that a message repeats. */
const SHOWN_MAX = 64;
