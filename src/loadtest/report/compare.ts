import { type Column, table } from '../../terminal/charts/table.ts';
import { inAscii, toWidth } from '../../terminal/lines.ts';
import type { Look, Tone } from '../../terminal/look.ts';
import { fullNumber, milliseconds, percent, UNKNOWN } from '../../terminal/numbers.ts';
import { terminalText } from '../../terminal/text.ts';
import { planWords, verdictWord } from './facts.ts';
import type { Percentiles, Report } from './report.ts';
import { bullet } from './text/layout.ts';

/** `trackflow loadtest compare --json`: two runs, figure by figure. */
export const COMPARISON_SCHEMA = 'trackflow.loadtest-comparison/1';

export interface Comparison {
  readonly schema: typeof COMPARISON_SCHEMA;
  readonly a: ComparedRun;
  readonly b: ComparedRun;
  /** Conditions that are not the same: what else may be the reason for a difference. */
  readonly differences: readonly { readonly name: string; readonly a: string; readonly b: string }[];
  readonly figures: readonly ComparedFigure[];
}

export interface ComparedRun {
  readonly run: string;
  readonly startedAt: string;
  readonly verdict: Report['verdict'];
}

export interface ComparedFigure {
  readonly name: string;
  readonly unit: 'per second' | 'ms' | 'share' | 'cores' | 'events' | 'bytes';
  readonly a: number | null;
  readonly b: number | null;
  /** b / a; null when one is not known or a is 0. */
  readonly ratio: number | null;
  /** Of b against a. `same` is within `SAME_SHARE`, or not known. */
  readonly change: 'better' | 'worse' | 'same';
}

/** Two runs of the same program on the same machine differ by about this much. */
export const SAME_SHARE = 0.05;

interface Figure {
  readonly name: string;
  readonly unit: ComparedFigure['unit'];
  readonly better: 'more' | 'less';
  of(report: Report): number | null;
}

const latencyOf = ({ latency, service }: Report): Percentiles => latency ?? service;
const requestsOf = ({ outcomes }: Report) => Object.values(outcomes).reduce((sum, requests) => sum + requests, 0);

const FIGURES: readonly Figure[] = [
  { name: 'achieved', unit: 'per second', better: 'more', of: ({ load }) => load.achievedRate },
  { name: 'stored', unit: 'per second', better: 'more', of: ({ load }) => load.storedPerSecond },
  { name: 'latency p50', unit: 'ms', better: 'less', of: (report) => latencyOf(report).p50 },
  { name: 'latency p90', unit: 'ms', better: 'less', of: (report) => latencyOf(report).p90 },
  { name: 'latency p99', unit: 'ms', better: 'less', of: (report) => latencyOf(report).p99 },
  { name: 'latency p99.9', unit: 'ms', better: 'less', of: (report) => latencyOf(report).p999 },
  { name: 'latency max', unit: 'ms', better: 'less', of: (report) => latencyOf(report).max },
  { name: 'service p99', unit: 'ms', better: 'less', of: ({ service }) => service.p99 },
  {
    name: 'accepted or rejected',
    unit: 'share',
    better: 'more',
    of: (report) => {
      const all = requestsOf(report);
      return all === 0 ? null : (report.outcomes.accepted + report.outcomes.rejected) / all;
    },
  },
  { name: 'never sent', unit: 'events', better: 'less', of: ({ load }) => load.dropped },
  { name: 'lag p99', unit: 'ms', better: 'less', of: ({ server }) => server?.lagP99Ms ?? null },
  { name: 'queue peak', unit: 'events', better: 'less', of: ({ server }) => server?.queueRowsPeak ?? null },
  { name: 'daemon cpu', unit: 'cores', better: 'less', of: ({ server }) => server?.daemonCpu ?? null },
  { name: 'ClickHouse cpu', unit: 'cores', better: 'less', of: ({ server }) => server?.engineCpu ?? null },
  { name: 'generator cpu', unit: 'cores', better: 'less', of: ({ generator }) => generator.cpu },
  { name: 'daemon memory peak', unit: 'bytes', better: 'less', of: ({ server }) => server?.daemonRssPeak ?? null },
  { name: 'disk per event', unit: 'bytes', better: 'less', of: ({ server }) => server?.bytesPerEvent ?? null },
  { name: 'missing', unit: 'events', better: 'less', of: ({ ledger }) => ledger?.missing ?? null },
  { name: 'duplicate', unit: 'events', better: 'less', of: ({ ledger }) => ledger?.duplicate ?? null },
  { name: 'phantom', unit: 'events', better: 'less', of: ({ ledger }) => ledger?.phantom ?? null },
  { name: 'corrupt', unit: 'events', better: 'less', of: ({ ledger }) => ledger?.corrupt ?? null },
];

/** What has to be alike for two runs to be compared. */
const CONDITIONS: readonly (readonly [name: string, of: (report: Report) => string])[] = [
  ['plan', ({ plan }) => planWords(plan).join(', ')],
  ['target', ({ load }) => `${fullNumber(load.targetRate)}/s`],
  ['seed', ({ plan }) => String(plan.seed)],
  ['TrackFlow', ({ conditions }) => conditions.trackflow],
  ['Node.js', ({ conditions }) => conditions.node],
  ['ClickHouse', ({ conditions }) => conditions.engine],
  ['strategy', ({ conditions }) => conditions.strategy],
  ['cpu', ({ conditions }) => `${conditions.cores} x ${conditions.cpu}`],
  ['kernel', ({ conditions }) => conditions.kernel],
  ['faults', ({ faults }) => faults.map(({ name }) => name).join(', ') || 'none'],
];

/** Figures of both runs, what became of them from `a` to `b`, and what else was not the same. */
export function compareReports(a: Report, b: Report): Comparison {
  const differences = CONDITIONS.map(([name, of]) => ({ name, a: of(a), b: of(b) }));
  return {
    schema: COMPARISON_SCHEMA,
    a: comparedRun(a),
    b: comparedRun(b),
    differences: differences.filter((one) => one.a !== one.b),
    figures: FIGURES.map((figure) => compared(figure, figure.of(a), figure.of(b))),
  };
}

function comparedRun({ plan, conditions, verdict }: Report): ComparedRun {
  return { run: plan.run, startedAt: conditions.startedAt, verdict };
}

function compared({ name, unit, better }: Figure, a: number | null, b: number | null): ComparedFigure {
  const ratio = a === null || b === null || a === 0 ? null : b / a;
  return { name, unit, a, b, ratio, change: changeOf(a, b, better) };
}

function changeOf(a: number | null, b: number | null, better: Figure['better']): ComparedFigure['change'] {
  if (a === null || b === null || Math.abs(b - a) <= Math.abs(a) * SAME_SHARE) return 'same';
  return b > a === (better === 'more') ? 'better' : 'worse';
}

export interface ComparisonTextOptions {
  readonly width: number;
  readonly look: Look;
}

const TONES: Readonly<Record<ComparedFigure['change'], Tone>> = { better: 'good', worse: 'bad', same: 'dim' };

/** The comparison as a table, with what was not the same above it. */
export function comparisonText(comparison: Comparison, { width, look }: ComparisonTextOptions): string {
  const { a, b, differences, figures } = comparison;
  const columns: readonly Column<ComparedFigure>[] = [
    { title: 'FIGURE', priority: 0, cell: ({ name }) => name },
    { title: 'A', priority: 1, right: true, cell: (one) => figureText(one, one.a) },
    { title: 'B', priority: 1, right: true, cell: (one) => figureText(one, one.b) },
    { title: 'B/A', priority: 2, right: true, cell: ({ ratio }) => (ratio === null ? '' : `${ratio.toFixed(2)}x`) },
    { title: '', priority: 3, cell: ({ change }) => (change === 'same' ? '' : look.paint(TONES[change], change)) },
  ];
  const run = (letter: string, one: ComparedRun) =>
    toWidth(
      ` ${look.paint('bold', letter)}  ${terminalText(`${one.run}  ${one.startedAt}`)}  ${verdictWord(one).word}`,
      width,
    );
  const unlike = differences.flatMap(({ name, a: was, b: is }) =>
    bullet('warn', look.mark.warn, `${name}: ${was} in A, ${is} in B`, width, look),
  );
  const lines = [
    run('A', a),
    run('B', b),
    ...(unlike.length > 0 ? ['', ...unlike] : []),
    '',
    ...table(columns, figures, { width: width - 1, height: figures.length + 1, look }).map((line) => ` ${line}`),
    '',
    look.paint('dim', ` same: within ${percent(SAME_SHARE)} of each other`),
  ];
  const shown = look.symbols === 'ascii' ? lines.map(inAscii) : lines;
  return shown.map((line) => line.trimEnd()).join('\n');
}

function figureText({ unit }: ComparedFigure, value: number | null): string {
  if (value === null) return UNKNOWN;
  switch (unit) {
    case 'per second':
      return `${fullNumber(value)}/s`;
    case 'ms':
      return milliseconds(value);
    case 'share':
      return percent(value);
    case 'cores':
      return value.toFixed(2);
    case 'events':
      return fullNumber(value);
    case 'bytes':
      return value < 1_000 ? `${value.toFixed(1)} B` : `${fullNumber(value / 1_000_000)} MB`;
  }
}
