/**
 * What a report says, as names and values: the words that the text on the terminal and the HTML page share. Values may
 * hold text of a stranger (reasons of a server, versions): whoever prints them escapes all of them.
 */
import { bytes, duration, fullNumber, milliseconds, percent } from '../../terminal/numbers.ts';
import { OUTCOMES, type Outcome } from '../measure/outcome.ts';
import type { LoadPlan } from '../plan/plan.ts';
import { GENERATOR_LIMITS } from './generator.ts';
import type { Percentiles, Report } from './report.ts';
import { TARGET_SHARE_MIN } from './verdict.ts';

export type FactTone = 'good' | 'warn' | 'bad' | 'plain';

export interface Fact {
  readonly name: string;
  readonly value: string;
  readonly tone?: FactTone;
}

const VERDICTS: Readonly<Record<Report['verdict'], readonly [word: string, tone: FactTone]>> = {
  passed: ['PASSED', 'good'],
  failed: ['FAILED', 'bad'],
  'slo-missed': ['SLO MISSED', 'warn'],
  'target-missed': ['TARGET NOT REACHED', 'warn'],
  invalid: ['INVALID', 'warn'],
  interrupted: ['INTERRUPTED', 'warn'],
};

export function verdictWord({ verdict }: Pick<Report, 'verdict'>): { readonly word: string; readonly tone: FactTone } {
  const [word, tone] = VERDICTS[verdict];
  return { word, tone };
}

/** The plan in a few words. */
export function planWords(plan: LoadPlan): string[] {
  const totalMs = plan.stages.reduce((sum, { durationMs }) => sum + durationMs, 0);
  const sizes = [...new Set(plan.sizes)];
  const size = sizes.length === 1 ? `${sizes[0]}` : `${Math.min(...sizes)} to ${Math.max(...sizes)}`;
  return [
    plan.model === 'open' ? `open model, ${plan.arrival} arrivals` : 'closed model',
    `profile ${plan.profile}`,
    `${size} ${size === '1' ? 'event' : 'events'} a request`,
    `${duration(totalMs)}${plan.warmupMs > 0 ? `, the first ${duration(plan.warmupMs)} not measured` : ''}`,
    `${count(plan.connections, 'connection')}, ${count(plan.workers, 'worker')}`,
  ];
}

/** What limits the worth of the latencies; empty when nothing does. */
export function latencyCaveats({ plan, load, generator }: Report): string[] {
  const caveats: string[] = [];
  if (plan.model === 'closed') caveats.push('closed model: latency under-reports stalls');
  else if (load.achievedRate < load.targetRate * TARGET_SHARE_MIN) caveats.push('below the target rate');
  if (!generator.valid) caveats.push('INVALID: the generator was too slow');
  return caveats;
}

export function loadFacts({ load, plan }: Report): Fact[] {
  const share = (events: number) => shareText(load.sent > 0 ? events / load.sent : 0);
  const missed = plan.model === 'open' && load.achievedRate < load.targetRate * TARGET_SHARE_MIN;
  return [
    { name: 'scheduled', value: fullNumber(load.scheduled) },
    { name: 'sent', value: fullNumber(load.sent) },
    { name: 'on time', value: share(load.onTime) },
    { name: 'late', value: share(load.late) },
    { name: 'never sent', value: fullNumber(load.dropped), tone: load.dropped > 0 && missed ? 'bad' : 'plain' },
  ];
}

export const PERCENTILE_NAMES = [
  ['p50', 'p50'],
  ['p90', 'p90'],
  ['p99', 'p99'],
  ['p99.9', 'p999'],
  ['p99.99', 'p9999'],
  ['max', 'max'],
] as const satisfies readonly (readonly [string, keyof Percentiles])[];

/** Latencies of a report that have a sample, with what they mean. */
export function latencyRows({ latency, service, failureLatency, visibility }: Report) {
  const rows: { readonly name: string; readonly of: Percentiles | null }[] = [
    { name: 'from intended start', of: latency },
    { name: 'from actual send', of: service },
    { name: 'of failed requests', of: failureLatency },
    { name: 'acknowledged to found', of: visibility },
  ];
  return rows.flatMap(({ name, of }) => (of === null || of.count === 0 ? [] : [{ name, of }]));
}

/** A percentile, or that too few samples lie beyond it. */
export function percentileText(value: number | null): string {
  return value === null ? 'n/a' : milliseconds(value);
}

export const OUTCOME_WORDS: Readonly<Record<Outcome, string>> = {
  accepted: 'accepted',
  rejected: 'rejected 4xx',
  backpressure: 'backpressure 429, 503',
  server_error: 'server error 5xx',
  timeout: 'timeout',
  refused: 'connection refused',
  reset: 'connection reset',
  tls: 'TLS',
  mismatch: 'wrong answer',
};

/** Requests by what became of them: those that were, and `accepted` always. */
export function outcomeFacts({ outcomes }: Report): (Fact & { readonly share: number })[] {
  const all = Object.values(outcomes).reduce((sum, requests) => sum + requests, 0);
  return OUTCOMES.filter((outcome) => outcome === 'accepted' || outcomes[outcome] > 0).map((outcome) => ({
    name: OUTCOME_WORDS[outcome],
    value: fullNumber(outcomes[outcome]),
    share: all === 0 ? 0 : outcomes[outcome] / all,
    tone: outcome === 'accepted' ? 'good' : outcome === 'rejected' ? 'plain' : 'bad',
  }));
}

/** Rejected events by the server's reasons, most first. */
export function rejectionFacts({ rejectedBy }: Report): Fact[] {
  return Object.entries(rejectedBy)
    .toSorted(([, a], [, b]) => b - a)
    .map(([name, events]) => ({ name, value: fullNumber(events) }));
}

export function generatorFacts({ generator, plan }: Report): Fact[] {
  const { loopP99MsMax, cpuPerWorkerMax } = GENERATOR_LIMITS;
  const tooSlow = generator.loopP99Ms > loopP99MsMax;
  const tooBusy = generator.cpu > cpuPerWorkerMax * plan.workers;
  return [
    { name: 'state', value: generator.valid ? 'valid' : 'INVALID', tone: generator.valid ? 'good' : 'bad' },
    {
      name: 'cpu',
      value: `${cores(generator.cpu)} of ${plan.workers * cpuPerWorkerMax} allowed`,
      tone: tooBusy ? 'bad' : 'plain',
    },
    {
      name: 'event loop p99',
      value: `${milliseconds(generator.loopP99Ms)} of ${loopP99MsMax} ms allowed`,
      tone: tooSlow ? 'bad' : 'plain',
    },
    { name: 'event loop max', value: milliseconds(generator.loopMaxMs) },
    { name: 'garbage collection', value: milliseconds(generator.gcMs) },
  ];
}

/** What the daemon told of itself; empty when there was no control socket. */
export function serverFacts({ server }: Report): Fact[] {
  if (server === null) return [];
  const slope = (perMinute: number) => `${perMinute < 0 ? '-' : '+'}${bytes(Math.abs(Math.round(perMinute)))}/min`;
  const memory = (peak: number, perMinute: number) => `${bytes(peak)} peak, ${slope(perMinute)} in the second half`;
  return [
    { name: 'daemon cpu', value: cores(server.daemonCpu) },
    { name: 'ClickHouse cpu', value: cores(server.engineCpu) },
    { name: 'daemon memory', value: memory(server.daemonRssPeak, server.daemonRssSlope) },
    { name: 'ClickHouse memory', value: memory(server.engineRssPeak, server.engineRssSlope) },
    {
      name: 'queue peak',
      value: `${count(server.queueRowsPeak, 'event')}, ${bytes(Math.round(server.spoolBytesPeak))}`,
    },
    {
      name: 'lag to queryable',
      value: `p50 ${milliseconds(server.lagP50Ms)}, p99 ${milliseconds(server.lagP99Ms)}, max ${milliseconds(server.lagMaxMs)}`,
    },
    { name: 'rows per insert', value: fullNumber(server.rowsPerInsert) },
    { name: 'insert p99', value: milliseconds(server.insertP99Ms) },
    { name: 'parts, merges peak', value: `${fullNumber(server.partsPeak)}, ${fullNumber(server.mergesPeak)}` },
    {
      name: 'disk per event',
      value: server.bytesPerEvent === null ? 'too few events to say' : `${server.bytesPerEvent.toFixed(1)} bytes`,
    },
  ];
}

export function conditionFacts({ conditions, plan, generator, server }: Report): Fact[] {
  const split = server === null ? '' : `, daemon ${cores(server.daemonCpu)}, ClickHouse ${cores(server.engineCpu)}`;
  const host = conditions.sameHost
    ? `generator and server share it: generator ${cores(generator.cpu)}${split}`
    : 'the server runs on another one';
  return [
    { name: 'run', value: `${plan.run}, seed ${plan.seed}` },
    { name: 'time', value: `${conditions.startedAt} to ${conditions.endedAt}` },
    { name: 'against', value: `${plan.url}, TrackFlow ${conditions.trackflow}, strategy ${conditions.strategy}` },
    { name: 'versions', value: `Node.js ${conditions.node}, ClickHouse ${conditions.engine}` },
    {
      name: 'machine',
      value: `${conditions.cores} x ${conditions.cpu}, ${bytes(conditions.memoryBytes)}, ${conditions.kernel}`,
    },
    { name: 'same machine', value: host },
    {
      name: 'requests',
      value: `${bytes(Math.round(conditions.requestBytes))} mean body, time-out ${duration(plan.timeoutMs)}`,
    },
    { name: 'on purpose', value: `${percent(plan.resendRate)} sent twice, ${percent(plan.badRate)} of events invalid` },
  ];
}

/** `0.998` → `99.8%`: what is not all is never written as all, and what is not nothing never as nothing. */
export function shareText(share: number): string {
  if (share <= 0 || share >= 1) return percent(share);
  return share > 0.999 ? '>99.9%' : share < 0.001 ? '<0.1%' : `${(share * 100).toFixed(1)}%`;
}

/** `1 event`, `1,200 events`. */
export function count(number: number, noun: string): string {
  return `${fullNumber(number)} ${noun}${number === 1 ? '' : 's'}`;
}

function cores(used: number): string {
  return `${used.toFixed(2)} cores`;
}
