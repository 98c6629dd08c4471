/**
 * A run where there is no screen: a line every five seconds, and one for each phase and fault. With `json` each line is
 * an object; `schema` changes when the meaning of a field does.
 */
import { LATENCY_BOUNDS_MS } from '../../control/stream.ts';
import { lookOf } from '../../terminal/look.ts';
import { fullNumber, milliseconds } from '../../terminal/numbers.ts';
import { terminalJson, terminalText } from '../../terminal/text.ts';
import type { LiveFigures, LiveSecond, LiveSnapshot, Phase } from './live-figures.ts';
import { boundText, generatorTrouble, latencyCounts, percentileBound, timeText } from './scene.ts';

const EVERY_SECONDS = 5;
const PLAIN = lookOf('ascii', false);

export interface LineOptions {
  readonly json: boolean;
  readonly say: (line: string) => void;
}

/** Says lines until the function it returns is called. */
export function lineEvery(live: LiveFigures, { json, say }: LineOptions): () => void {
  let saidSecond = -1;
  let saidPhase: Phase | null = null;
  const saidFaults = new Map<string, boolean>();
  return live.subscribe(() => {
    const snapshot = live.getSnapshot();
    const { phase, faults, seconds } = snapshot;
    if (phase !== saidPhase) {
      saidPhase = phase;
      say(json ? terminalJson(phaseDocument(snapshot)) : `${terminalText(snapshot.plan.run)}: ${phase}`);
    }
    for (const fault of faults) {
      const isOver = fault.figures !== null;
      if (saidFaults.get(fault.name) === isOver) continue;
      saidFaults.set(fault.name, isOver);
      say(json ? terminalJson(faultDocument(fault)) : faultLine(fault));
    }
    const second = seconds.at(-1)?.figures.second ?? -1;
    if (second <= saidSecond || (second + 1) % EVERY_SECONDS !== 0) return;
    saidSecond = second;
    const document = liveDocument(snapshot);
    say(json ? terminalJson(document) : liveLine(snapshot, document));
  });
}

/** What happened in the last five seconds. */
export interface LiveDocument {
  readonly schema: 'trackflow.loadtest-live/1';
  readonly type: 'seconds';
  /** Seconds since the start that are over. */
  readonly second: number;
  readonly phase: Phase;
  /** Events per second, means. */
  readonly scheduled: number;
  readonly acknowledged: number;
  readonly failed: number;
  readonly stored: number | null;
  /** Upper bounds of the buckets they lie in, milliseconds; null with fewer than ten samples beyond. */
  readonly p50MsMax: number | null;
  readonly p99MsMax: number | null;
  readonly lagMs: number | null;
  readonly queueRows: number | null;
  readonly unknown: number;
  /** Why the generator is too slow to be believed; empty when it is not. */
  readonly invalid: string;
}

/** The last five seconds of a snapshot. */
export function liveDocument(snapshot: LiveSnapshot): LiveDocument {
  const seconds = snapshot.seconds.slice(-EVERY_SECONDS);
  const known = (pick: (figures: LiveSecond['figures']) => number | null) =>
    seconds.map(({ figures }) => pick(figures)).filter((value) => value !== null);
  const mean = (pick: (figures: LiveSecond['figures']) => number | null) => {
    const values = known(pick);
    return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
  };
  const worst = (pick: (figures: LiveSecond['figures']) => number | null) => {
    const values = known(pick);
    return values.length === 0 ? null : Math.max(...values);
  };
  const counts = latencyCounts(seconds);
  return {
    schema: 'trackflow.loadtest-live/1',
    type: 'seconds',
    second: (snapshot.seconds.at(-1)?.figures.second ?? -1) + 1,
    phase: snapshot.phase,
    scheduled: mean(({ scheduled }) => scheduled) ?? 0,
    acknowledged: mean(({ acknowledged }) => acknowledged) ?? 0,
    failed: mean(({ failed }) => failed) ?? 0,
    stored: mean(({ stored }) => stored),
    p50MsMax: finite(percentileBound(counts, 0.5, LATENCY_BOUNDS_MS)),
    p99MsMax: finite(percentileBound(counts, 0.99, LATENCY_BOUNDS_MS)),
    lagMs: worst(({ lagMs }) => lagMs),
    queueRows: worst(({ queueRows }) => queueRows),
    unknown: snapshot.totals.unknown,
    invalid: generatorTrouble(snapshot),
  };
}

function liveLine(snapshot: LiveSnapshot, document: LiveDocument): string {
  const { scheduled, acknowledged, failed, stored, p50MsMax, p99MsMax, lagMs, queueRows, unknown, invalid } = document;
  return [
    timeText(snapshot),
    `offered ${fullNumber(scheduled)}/s`,
    `acknowledged ${fullNumber(acknowledged)}/s`,
    `stored ${stored === null ? 'n/a' : `${fullNumber(stored)}/s`}`,
    ...(failed > 0 ? [`failed ${fullNumber(failed)}/s`] : []),
    `p50 ${boundText(p50MsMax, PLAIN)}`,
    `p99 ${boundText(p99MsMax, PLAIN)}`,
    `lag ${lagMs === null ? 'n/a' : milliseconds(lagMs)}`,
    `queue ${queueRows === null ? 'n/a' : fullNumber(queueRows)}`,
    `unknown ${fullNumber(unknown)}`,
    ...(invalid === '' ? [] : [`INVALID: ${invalid}`]),
  ].join('  ');
}

function phaseDocument({ phase, plan }: LiveSnapshot) {
  return { schema: 'trackflow.loadtest-live/1', type: 'phase', run: plan.run, phase };
}

type Fault = LiveSnapshot['faults'][number];

function faultDocument({ name, second, figures }: Fault) {
  return { schema: 'trackflow.loadtest-live/1', type: 'fault', name, second, figures };
}

function faultLine({ name, figures }: Fault): string {
  if (figures === null) return terminalText(`fault ${name}`);
  const again =
    figures.recoveredMs === null ? 'no answer since' : `answered after ${milliseconds(figures.recoveredMs)}`;
  return terminalText(`fault ${name}: ${figures.told}; ${again}`);
}

/** JSON has no infinity: a percentile in the open bucket is as good as unknown. */
function finite(value: number | null): number | null {
  return value === Number.POSITIVE_INFINITY ? null : value;
}
