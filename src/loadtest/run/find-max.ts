/**
 * Looks for the highest rate that a collector sustains: doubles the rate until a step fails, then halves the gap.
 *
 * A step holds when it was sent as planned, kept the bounds, lost nothing, and left nothing behind: what was acknowledged
 * is stored soon after the last event, so the rate was not only buffered. A step that the generator could not make
 * proves nothing about the collector and ends the search upwards.
 */
import type { Report } from '../report/report.ts';
import type { RunResult } from './run.ts';

/** The gap between the last rate that held and the first that did not, below which the search ends. */
const PRECISION = 1.08;
const STEPS_MAX = 16;
/** What was acknowledged has to be stored this soon after the end: two batches by age, and an insert. */
const DRAIN_MS_MAX = 5_000;

export const MAXIMUM_SCHEMA = 'trackflow.loadtest-max/1';

export interface MaximumStep {
  readonly rate: number;
  readonly holds: boolean;
  /** Why it does not hold; empty when it does. */
  readonly why: string;
  readonly verdict: Report['verdict'];
  readonly p50: number | null;
  readonly p99: number | null;
  readonly storedPerSecond: number | null;
  readonly drainMs: number;
}

export interface Maximum {
  readonly schema: typeof MAXIMUM_SCHEMA;
  /** Events per second; null when not even the first step held. */
  readonly rate: number | null;
  /** What ended the search upwards, as a sentence. */
  readonly limitedBy: string;
  /** In the order they were made. */
  readonly steps: readonly MaximumStep[];
}

export interface FindMaxOptions {
  readonly startRate: number;
  readonly rateMax: number;
  /** One run at a rate. */
  readonly run: (rate: number) => Promise<RunResult>;
  readonly onStep: (step: MaximumStep) => void;
}

/** Steps until the maximum is known to a twelfth, or until `stop` aborts: then what is known so far. */
export async function findMax(options: FindMaxOptions, stop: AbortSignal): Promise<Maximum> {
  const { rateMax, run, onStep } = options;
  const steps: MaximumStep[] = [];
  let holds: number | null = null;
  let fails: MaximumStep | null = null;
  let rate = options.startRate;
  while (steps.length < STEPS_MAX && !stop.aborted) {
    const step = judge(rate, await run(rate));
    steps.push(step);
    onStep(step);
    if (step.verdict === 'interrupted' || step.verdict === 'failed') {
      fails = step;
      break;
    }
    if (step.holds) holds = Math.max(holds ?? 0, rate);
    else fails = step;
    if (holds !== null && (holds >= rateMax || (fails !== null && fails.rate / holds <= PRECISION))) break;
    if (fails === null) rate = Math.min(rateMax, rate * 2);
    else rate = holds === null ? rate / 2 : Math.sqrt(holds * fails.rate);
    rate = Math.max(1, Math.round(rate));
    if (steps.some((made) => made.rate === rate)) break;
  }
  return {
    schema: MAXIMUM_SCHEMA,
    rate: holds,
    limitedBy: fails?.why ?? 'the search ended before a rate failed',
    steps,
  };
}

function judge(rate: number, { report, drain }: RunResult): MaximumStep {
  const isLeft = !drain.drained || drain.ms > DRAIN_MS_MAX;
  const left = `not sustained: the spool was not empty ${(DRAIN_MS_MAX / 1_000).toFixed(0)} s after the last event`;
  const why = report.reasons[0] ?? (isLeft ? left : '');
  const latency = report.latency ?? report.service;
  return {
    rate,
    holds: why === '',
    why,
    verdict: report.verdict,
    p50: latency.p50,
    p99: latency.p99,
    storedPerSecond: report.load.storedPerSecond,
    drainMs: drain.ms,
  };
}
