import { milliseconds, percent } from '../../terminal/numbers.ts';
import type { ReportFigures } from './report.ts';

/** What a generator may not exceed, if its figures are to be those of the server. */
export const GENERATOR_LIMITS = {
  loopP99MsMax: 10,
  /** Cores of each worker. */
  cpuPerWorkerMax: 0.8,
  /** Late although a connection was free. */
  lateShareMax: 0.05,
  /** Of the connections busy at the most, for a late request to have had a free one. */
  busyShareMax: 0.5,
} as const;

/** Why the generator itself was too slow, as sentences; none when it was not. `cpu` is that of all workers together. */
export function generatorProblems(figures: ReportFigures): string[] {
  const { generator, plan } = figures;
  const { loopP99MsMax, cpuPerWorkerMax } = GENERATOR_LIMITS;
  const problems: string[] = [];
  if (generator.loopP99Ms > loopP99MsMax) {
    const lag = milliseconds(generator.loopP99Ms);
    problems.push(`the generator's event loop was late by ${lag} at p99, allowed are ${loopP99MsMax} ms`);
  }
  if (generator.cpu > cpuPerWorkerMax * plan.workers) {
    const used = percent(generator.cpu / plan.workers);
    problems.push(`the generator used ${used} of a core per worker, allowed are ${percent(cpuPerWorkerMax)}`);
  }
  const late = slippedShare(figures);
  if (late > GENERATOR_LIMITS.lateShareMax) {
    problems.push(`the schedule slipped: ${percent(late)} of the requests left late while connections were free`);
  }
  return problems;
}

/**
 * Share of what left late, where connections cannot have been what it waited for; else 0. At no time are more of them
 * busy than requests become due while the slowest answer takes its time, so a stall of the server is never blamed here.
 */
function slippedShare({ plan, load, service }: ReportFigures): number {
  if (plan.model === 'closed' || load.sent === 0 || service.max === null) return 0;
  const eventsPerRequest = plan.sizes.reduce((sum, size) => sum + size, 0) / plan.sizes.length;
  const rate = plan.stages.reduce((most, { fromRate, toRate }) => Math.max(most, fromRate, toRate), 0);
  const busy = (rate / eventsPerRequest / 1_000) * service.max;
  return busy < plan.connections * GENERATOR_LIMITS.busyShareMax ? load.late / load.sent : 0;
}
