import { parseDurationMs } from '../../config/quantity.ts';
import { TrackflowError } from '../../errors/error.ts';
import { Intensity } from './intensity.ts';
import type { Stage } from './plan.ts';

const HOUR_MS = 3_600_000;

export const PLAN_LIMITS = {
  /** Events per second. One machine does not make more. */
  rateMax: 1_000_000,
  durationMsMin: 1_000,
  durationMsMax: 24 * HOUR_MS,
  stagesMax: 50,
  /** Events of a run: the ledger keeps two bits of each, 250 MB. */
  eventsMax: 1_000_000_000,
} as const;

const SECONDS_PER: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600 };
const TIMES: Readonly<Record<string, number>> = { '': 1, k: 1e3, K: 1e3, M: 1e6 };
const RATE = /^(\d{1,12}(?:\.\d{1,6})?)([kKM]?)(?:\/([smh]))?$/;
const RATE_EXAMPLES = 'write 5000/s, 5k, 300/m or 0.5/s, at most 1M/s';

/** `5000/s`, `5k`, `300/m` → events per second, above 0. Throws TF_USAGE. */
export function parseRate(flag: string, text: string): number {
  const rate = rateOf(text);
  if (rate === undefined || rate === 0) throw usage(flag, text, `is no rate; ${RATE_EXAMPLES}`);
  return rate;
}

/** `30s`, `2m`, `500ms` → milliseconds, at most a day. `minMs` is the shortest that makes sense. Throws TF_USAGE. */
export function parseDuration(flag: string, text: string, minMs: number): number {
  const ms = parseDurationMs(text);
  if (ms === undefined || ms < minMs || ms > PLAN_LIMITS.durationMsMax) {
    const least = minMs >= 1_000 ? `${minMs / 1_000}s` : `${minMs}ms`;
    throw usage(flag, text, `is no time from ${least} to 24h; write 500ms, 30s, 2m or 1h`);
  }
  return ms;
}

/** `--rate`, `--duration` and `--ramp` as stages. The ramp rises from 0 and is part of the duration. Throws TF_USAGE. */
export function stagesOf(rate: number, durationMs: number, rampMs: number): readonly Stage[] {
  if (rampMs >= durationMs) {
    throw new TrackflowError(
      'TF_USAGE',
      `--ramp of ${rampMs / 1_000}s is part of --duration and has to be shorter than its ${durationMs / 1_000}s`,
    );
  }
  const steady: Stage = { fromRate: rate, toRate: rate, durationMs: durationMs - rampMs };
  const stages = rampMs === 0 ? [steady] : [{ fromRate: 0, toRate: rate, durationMs: rampMs }, steady];
  checkSize('--rate and --duration', stages);
  return stages;
}

/**
 * `--stages 1k:30s,1k-5k:1m,5k:2m,0:10s`: `RATE:TIME` holds a rate, `FROM-TO:TIME` goes from one to the other in a straight
 * line. Throws TF_USAGE.
 */
export function parseStages(flag: string, text: string): readonly Stage[] {
  const parts = text.split(',');
  if (parts.length > PLAN_LIMITS.stagesMax) {
    throw usage(flag, text, `has ${parts.length} stages; at most ${PLAN_LIMITS.stagesMax} are allowed`);
  }
  const stages = parts.map((part) => stageOf(flag, part.trim()));
  const { durationMs, events } = new Intensity(stages);
  if (durationMs > PLAN_LIMITS.durationMsMax) throw usage(flag, text, 'lasts longer than 24h');
  if (events === 0) throw usage(flag, text, 'sends nothing; at least one stage needs a rate above 0');
  checkSize(flag, stages);
  return stages;
}

/** `--warmup 10s` → milliseconds, shorter than the stages are. Throws TF_USAGE. */
export function parseWarmup(flag: string, text: string, stages: readonly Stage[]): number {
  const ms = parseDuration(flag, text, 0);
  const { durationMs } = new Intensity(stages);
  if (ms < durationMs) return ms;
  throw usage(flag, text, `has to be shorter than the run of ${durationMs / 1_000}s, or nothing is measured`);
}

function stageOf(flag: string, text: string): Stage {
  const [rates = '', time, ...rest] = text.split(':');
  const durationMs = parseDurationMs(time ?? '');
  const [from = '', to = from, ...more] = rates.split('-');
  const [fromRate, toRate] = [rateOf(from), rateOf(to)];
  if (
    rest.length > 0 ||
    more.length > 0 ||
    durationMs === undefined ||
    fromRate === undefined ||
    toRate === undefined
  ) {
    throw usage(flag, text, `is no stage; write RATE:TIME or FROM-TO:TIME, as in 1k:30s,1k-5k:1m, at most 1M/s`);
  }
  if (durationMs < PLAN_LIMITS.durationMsMin || durationMs > PLAN_LIMITS.durationMsMax) {
    throw usage(flag, text, 'is a stage with no time from 1s to 24h');
  }
  return { fromRate, toRate, durationMs };
}

/** Events per second, 0 included; undefined when it is no rate or above the limit. */
function rateOf(text: string): number | undefined {
  const match = RATE.exec(text.trim());
  if (match === null) return undefined;
  const rate = (Number(match[1]) * TIMES[match[2]!]!) / SECONDS_PER[match[3] ?? 's']!;
  return rate > PLAN_LIMITS.rateMax ? undefined : rate;
}

function checkSize(flag: string, stages: readonly Stage[]): void {
  const { events } = new Intensity(stages);
  if (events <= PLAN_LIMITS.eventsMax) return;
  throw new TrackflowError(
    'TF_USAGE',
    `${flag} make ${Math.round(events)} events; at most ${PLAN_LIMITS.eventsMax} are allowed in a run`,
  );
}

function usage(flag: string, text: string, problem: string): TrackflowError {
  return new TrackflowError('TF_USAGE', `${flag} ${JSON.stringify(text)} ${problem}`);
}
