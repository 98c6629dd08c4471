import type { ServerFigures } from '../report/report.ts';
import type { ServerSecond } from './server-second.ts';

type Figure = Exclude<keyof ServerSecond, 'second'>;

const MINUTE_SECONDS = 60;

/**
 * The figures of a report from the seconds of the measured time; null when there is none. `insertP99Ms` and the lags are
 * nearest-rank percentiles over seconds, of which each brings its worst: never below the percentile over batches.
 */
export function serverFigures(seconds: readonly ServerSecond[], bytesPerEvent: number | null): ServerFigures | null {
  if (seconds.length === 0) return null;
  const known = (name: Figure) => seconds.map((second) => second[name]).filter((value) => value !== null);
  const sum = (name: Figure) => known(name).reduce((total, value) => total + value, 0);
  const mean = (name: Figure) => sum(name) / Math.max(1, known(name).length);
  const peak = (name: Figure) => known(name).reduce((most, value) => Math.max(most, value), 0);
  const secondHalf = seconds.slice(Math.floor(seconds.length / 2));
  const inserts = sum('inserts');
  const lags = known('lag_ms');
  return {
    daemonCpu: mean('daemon_cpu'),
    engineCpu: mean('engine_cpu'),
    queueRowsPeak: peak('spool_rows'),
    spoolBytesPeak: peak('spool_bytes'),
    insertP99Ms: nearestRank(known('insert_ms'), 0.99),
    rowsPerInsert: inserts > 0 ? sum('inserted_rows') / inserts : null,
    partsPeak: peak('engine_parts'),
    mergesPeak: peak('engine_merges'),
    lagP50Ms: nearestRank(lags, 0.5),
    lagP99Ms: nearestRank(lags, 0.99),
    lagMaxMs: nearestRank(lags, 1),
    daemonRssPeak: peak('daemon_rss_bytes'),
    engineRssPeak: peak('engine_rss_bytes'),
    daemonRssSlope: slopePerMinute(secondHalf, 'daemon_rss_bytes'),
    engineRssSlope: slopePerMinute(secondHalf, 'engine_rss_bytes'),
    bytesPerEvent,
  };
}

/** The smallest value that `share` of all values do not exceed; null when there is none. */
function nearestRank(values: readonly number[], share: number): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
}

/** Slope of the least-squares line through the known points, per minute; 0 with fewer than two. */
function slopePerMinute(seconds: readonly ServerSecond[], name: Figure): number {
  const points = seconds.flatMap((one) => (one[name] === null ? [] : [{ x: one.second, y: one[name] }]));
  const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const x = meanOf(points.map((point) => point.x));
  const y = meanOf(points.map((point) => point.y));
  const spread = points.reduce((sum, point) => sum + (point.x - x) ** 2, 0);
  if (spread === 0) return 0;
  return (points.reduce((sum, point) => sum + (point.x - x) * (point.y - y), 0) / spread) * MINUTE_SECONDS;
}
