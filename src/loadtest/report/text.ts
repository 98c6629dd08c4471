import { gauge } from '../../terminal/charts/gauge.ts';
import { type Column, table } from '../../terminal/charts/table.ts';
import { inAscii, toWidth, toWidthRight } from '../../terminal/lines.ts';
import type { Look } from '../../terminal/look.ts';
import { fullNumber, milliseconds } from '../../terminal/numbers.ts';
import { shorten, terminalText } from '../../terminal/text.ts';
import {
  conditionFacts,
  type Fact,
  generatorFacts,
  latencyCaveats,
  latencyRows,
  loadFacts,
  outcomeFacts,
  PERCENTILE_NAMES,
  percentileText,
  planWords,
  rejectionFacts,
  serverFacts,
  shareText,
  verdictWord,
} from './facts.ts';
import type { Report } from './report.ts';
import { charts, spectrum } from './text/charts.ts';
import { bullet, factLines, flow, heading, painted, twoColumns } from './text/layout.ts';
import { ledgerPanel } from './text/ledger.ts';
import { sloFigure } from './verdict.ts';

export interface TextOptions {
  /** Columns that no line is wider than. */
  readonly width: number;
  readonly look: Look;
}

const WIDTH_MIN = 40;
const REASONS_SHOWN_MAX = 10;

/** The report as a person reads it, in lines that end where their text does. Nothing of a stranger moves the cursor. */
export function reportText(report: Report, { width: given, look }: TextOptions): string {
  const width = Math.max(WIDTH_MIN, given);
  const parts: readonly (readonly string[])[] = [
    headline(report, width, look),
    rates(report, width, look),
    charts(report, width, look),
    latencies(report, width, look),
    outcomes(report, width, look),
    twoColumns(
      (half) => [heading('Generator', look), ...factLines(generatorFacts(report), half, look)],
      (half) => [heading('Server', look), ...server(report, half, look)],
      width,
    ),
    ledgerPanel(report, width, look),
    faults(report, width, look),
    bounds(report, look),
    [heading('Conditions', look), ...factLines(conditionFacts(report), width, look)],
  ];
  const lines = parts.filter((part) => part.length > 0).flatMap((part) => [...part, '']);
  const shown = look.symbols === 'ascii' ? lines.map(inAscii) : lines;
  return shown.map((line) => line.trimEnd()).join('\n');
}

function headline(report: Report, width: number, look: Look): string[] {
  const { word, tone } = verdictWord(report);
  const light = painted(look.mark.light, tone, look);
  const plan = flow(planWords(report.plan), ` ${look.mark.dot} `, width);
  const bad = report.verdict === 'failed' ? 'bad' : 'warn';
  const mark = report.verdict === 'failed' ? look.mark.bad : look.mark.warn;
  return [
    ` ${light} ${painted(look.paint('bold', word), tone, look)}  load test ${terminalText(report.plan.run)}`,
    ...plan.map((line) => look.paint('dim', line)),
    ...report.reasons.flatMap((reason) => bullet(bad, mark, reason, width, look)),
  ];
}

/** The figures that are looked for first, then how the load was offered. */
function rates(report: Report, width: number, look: Look): string[] {
  const { load, plan, latency, service, server: told } = report;
  const of = latency ?? service;
  const share = load.targetRate > 0 ? ` ${shareText(load.achievedRate / load.targetRate)}` : '';
  const cards: readonly Fact[] = [
    ...(plan.model === 'open' ? [{ name: 'target', value: `${fullNumber(load.targetRate)}/s` }] : []),
    { name: 'achieved', value: `${fullNumber(load.achievedRate)}/s${plan.model === 'open' ? share : ''}` },
    { name: 'stored', value: load.storedPerSecond === null ? 'n/a' : `${fullNumber(load.storedPerSecond)}/s` },
    { name: 'p50', value: percentileText(of.p50) },
    { name: 'p99', value: percentileText(of.p99) },
    { name: 'lag p99', value: told === null ? 'n/a' : milliseconds(told.lagP99Ms) },
  ];
  const facts = loadFacts(report).map(({ name, value, tone }) => `${name} ${painted(value, tone, look)}`);
  return [...cardLines(cards, width, look), ...flow(facts, ` ${look.mark.dot} `, width)];
}

/** Names above values, or beside them where there is no room. */
function cardLines(cards: readonly Fact[], width: number, look: Look): string[] {
  const each = Math.floor((width - 1) / cards.length);
  if (cards.some(({ value }) => value.length >= each)) return factLines(cards, width, look);
  const row = (line: (card: Fact) => string) => ` ${cards.map((card) => toWidth(line(card), each)).join('')}`;
  return [row(({ name }) => look.paint('dim', name)), row(({ value }) => look.paint('bold', value))];
}

function latencies(report: Report, width: number, look: Look): string[] {
  type Row = ReturnType<typeof latencyRows>[number];
  const columns: readonly Column<Row>[] = [
    { title: 'REQUESTS', priority: 0, shrinkTo: 8, cell: ({ name }) => name },
    ...PERCENTILE_NAMES.map(([title, key], index) => ({
      title,
      priority: title === 'p99' || title === 'p50' ? 1 : 2 + index,
      right: true,
      cell: ({ of }: Row) => percentileText(of[key]),
    })),
    { title: 'SAMPLES', priority: 9, right: true, cell: ({ of }) => fullNumber(of.count) },
  ];
  const rows = latencyRows(report);
  if (rows.length === 0) return [heading('Latency', look), ' nothing was answered'];
  const lines = table(columns, rows, { width: width - 1, height: rows.length + 1, look });
  const bars = spectrum(report.latency ?? report.service, report.latency && report.service, width, look);
  const marks = report.latency === null ? '' : `bars from intended start, ${look.border.vertical} from actual send`;
  const caveats = latencyCaveats(report).join(', ');
  return [
    heading('Latency', look, [marks, 'n/a: fewer than ten samples beyond'].filter((one) => one !== '').join('; ')),
    ...(caveats === '' ? [] : bullet('warn', look.mark.warn, caveats, width, look)),
    ...lines.map((line) => ` ${line}`),
    '',
    ...bars,
  ].map((line) => toWidth(line, width));
}

const BAR_COLUMNS = 20;

function outcomes(report: Report, width: number, look: Look): string[] {
  const left = (half: number) => [
    heading('Requests', look),
    ...outcomeFacts(report).map(({ name, value, share, tone }) => {
      const bar = painted(gauge(share, Math.min(BAR_COLUMNS, Math.max(0, half - 42)), look), tone, look);
      return ` ${toWidth(name, 21)}${toWidthRight(value, 11)} ${toWidthRight(shareText(share), 6)} ${bar}`;
    }),
  ];
  const reasons = rejectionFacts(report);
  const right = (half: number) => [
    heading('Rejected events', look, 'by reason'),
    ...reasons
      .slice(0, REASONS_SHOWN_MAX)
      .map(({ name, value }) => ` ${toWidthRight(value, 11)}  ${shorten(terminalText(name), Math.max(1, half - 16))}`),
    ...(reasons.length > REASONS_SHOWN_MAX ? [` and ${reasons.length - REASONS_SHOWN_MAX} more reasons`] : []),
  ];
  return reasons.length === 0 ? left(width) : twoColumns(left, right, width);
}

function server(report: Report, width: number, look: Look): string[] {
  const facts = serverFacts(report);
  return facts.length === 0 ? [' no control socket here: it told nothing'] : factLines(facts, width, look);
}

function faults({ faults: done }: Report, width: number, look: Look): string[] {
  if (done.length === 0) return [];
  return [
    heading('Faults', look),
    ...done.flatMap(({ name, atMs, told, recoveredMs }) => {
      const answered =
        recoveredMs === null ? 'no answer after it' : `answered again after ${milliseconds(recoveredMs)}`;
      const tone = recoveredMs === null ? 'bad' : 'accent';
      return bullet(tone, look.mark.light, `${name}, at ${milliseconds(atMs)}: ${told}; ${answered}`, width, look);
    }),
  ];
}

function bounds({ slo }: Report, look: Look): string[] {
  if (slo.length === 0) return [];
  return [
    heading('Bounds', look),
    ...slo.map(({ text, measured, met }) => {
      const state = met ? look.paint('good', 'met   ') : look.paint('bad', 'MISSED');
      return ` ${state} ${toWidth(terminalText(text), 18)} ${measured === null ? 'not measured' : sloFigure(text, measured)}`;
    }),
  ];
}
