import { randomBytes, randomInt } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { parseDuration, parseRate, parseStages, parseWarmup, stagesOf } from '../../loadtest/plan/parse.ts';
import { type LoadPlan, PLAN_SCHEMA, type ProfileName, type Stage } from '../../loadtest/plan/plan.ts';
import type { LoadFlags } from './load-flags.ts';

const RATE_DEFAULT = '1000/s';
const DURATION_DEFAULT = '30s';
/** A warm-up that nobody asked for: as long as this, or a fifth of a short run. */
const WARMUP_MS_MAX = 5_000;
const WARMUP_SHARE = 0.2;
const RUN_MS_MIN = 1_000;
/** Time from the plan to the first event: worker threads start in it. */
const LEAD_MS = 1_000;

/** Events per request, over and over, of each profile. */
const SIZES: Readonly<Record<ProfileName, readonly number[]>> = {
  web: [1],
  server: [100],
  websocket: [10],
  mixed: [1, 1, 1, 5, 1, 1, 20, 1, 1, 2, 1, 1, 1, 1, 10, 1],
};

/** The plan of what was typed. Throws TF_USAGE for what cannot be. */
export function planFrom(flags: LoadFlags, url: string, now: number): LoadPlan {
  const stages = stagesFrom(flags);
  const seed = flags.seed ?? randomInt(2 ** 32);
  return {
    schema: PLAN_SCHEMA,
    run: randomBytes(4).toString('hex'),
    seed,
    url: flags.url ?? url,
    model: flags.closed ? 'closed' : 'open',
    arrival: flags.arrival,
    stages,
    warmupMs: warmupFrom(flags, stages),
    profile: flags.profile,
    sizes: flags.batch === undefined ? SIZES[flags.profile] : [flags.batch],
    connections: flags.connections,
    workers: flags.workers ?? Math.max(1, Math.floor(availableParallelism() / 2)),
    resendRate: flags['resend-rate'],
    badRate: flags['bad-rate'],
    timeoutMs: flags.timeout,
    startedAt: now + LEAD_MS,
  };
}

function stagesFrom(flags: LoadFlags): readonly Stage[] {
  if (flags.stages !== undefined) return parseStages('--stages', flags.stages);
  const rate = parseRate('--rate', flags.rate ?? RATE_DEFAULT);
  const durationMs = parseDuration('--duration', flags.duration ?? DURATION_DEFAULT, RUN_MS_MIN);
  const rampMs = flags.ramp === undefined ? 0 : parseDuration('--ramp', flags.ramp, 0);
  return stagesOf(rate, durationMs, rampMs);
}

function warmupFrom(flags: LoadFlags, stages: readonly Stage[]): number {
  if (flags.warmup !== undefined) return parseWarmup('--warmup', flags.warmup, stages);
  const durationMs = stages.reduce((sum, stage) => sum + stage.durationMs, 0);
  return Math.min(WARMUP_MS_MAX, Math.floor(durationMs * WARMUP_SHARE));
}
