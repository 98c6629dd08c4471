import { LATENCY_BOUNDS_MS } from '../../control/stream.ts';
import { gauge } from '../../terminal/charts/gauge.ts';
import { sparkline } from '../../terminal/charts/sparkline.ts';
import {
  type Block,
  beside,
  block,
  ends,
  fitting,
  inAscii,
  lineWidth,
  type PanelContent,
  panel,
  toWidth,
} from '../../terminal/lines.ts';
import type { Tone } from '../../terminal/look.ts';
import { duration, fullNumber, milliseconds, shortNumber } from '../../terminal/numbers.ts';
import { terminalText } from '../../terminal/text.ts';
import { latencyPanel, throughputPanel } from './charts.ts';
import type { LiveSecond } from './live-figures.ts';
import { faultLines, generatorPanel, ledgerPanel, outcomesPanel, perSecond, serverPanel } from './panels.ts';
import {
  boundText,
  cellValues,
  generatorTrouble,
  type LiveScene,
  latencyCounts,
  liveCells,
  meanNow,
  newest,
  nowSeconds,
  percentileBound,
  timeText,
} from './scene.ts';
import { LIVE_KEYMAP } from './ui.ts';

type Panel = (scene: LiveScene, width: number, height: number) => PanelContent;

const FAULTS_SHOWN_MAX = 3;
/** Lines of the panels below the charts, frame included. */
const PANEL_LINES = 9;

/**
 * The whole screen as lines, each exactly `columns` wide. The terminal's last row stays free: a frame that fills it makes
 * some terminals scroll.
 */
export function drawLiveFrame(scene: LiveScene, columns: number, rows: number): Block {
  const height = Math.max(1, rows - 1);
  const frame = block(framed(scene, columns, height), columns, height);
  return scene.look.symbols === 'ascii' ? frame.map(inAscii) : frame;
}

function framed(scene: LiveScene, width: number, height: number): readonly string[] {
  if (width < 40 || height < 7) return [statusLine(scene, width)];
  if (width < 78 || height < 21) return smallScreen(scene, width, height);
  const head = [headerLine(scene, width), progressLine(scene, width), figuresLine(scene, width)];
  const body = height - head.length - 1;
  if (scene.snapshot.ui.help) {
    const help = { title: 'Help', note: 'Esc closes', lines: helpLines(scene) };
    return [...head, ...panel(help, width, body, scene.look), footerLine(scene, width)];
  }
  return [...head, ...bodyLines(scene, width, body), footerLine(scene, width)];
}

/** Charts on top, panels below; faults between them when there are some. */
function bodyLines(scene: LiveScene, width: number, height: number): Block {
  const wide = width >= 110;
  const faults = faultLines(scene).slice(-FAULTS_SHOWN_MAX);
  const below = Math.min(PANEL_LINES, height - faults.length - 6);
  const first = height - faults.length - below;
  const charts = columnsOf(scene, [throughputPanel, latencyPanel], width, first);
  const panels: readonly Panel[] = wide
    ? [outcomesPanel, generatorPanel, serverPanel, ledgerPanel]
    : [outcomesPanel, serverPanel];
  return [...charts, ...faults.map((line) => toWidth(line, width)), ...columnsOf(scene, panels, width, below)];
}

function columnsOf(scene: LiveScene, panels: readonly Panel[], width: number, height: number): Block {
  const each = Math.floor(width / panels.length);
  return beside(
    ...panels.map((draw, index) => {
      const columns = index === panels.length - 1 ? width - each * index : each;
      return panel(draw(scene, columns - 2, height - 2), columns, height, scene.look);
    }),
  );
}

/** The phase in a word, and its tone. */
function phaseWord({ snapshot: { phase, stopping } }: LiveScene): [Tone, string] {
  if (stopping && (phase === 'running' || phase === 'warm-up')) return ['warn', 'STOPPING'];
  return [phase === 'warm-up' ? 'warn' : 'good', phase.toUpperCase()];
}

function headerLine(scene: LiveScene, width: number): string {
  const { look, snapshot } = scene;
  const { plan, ui } = snapshot;
  const [tone, word] = phaseWord(scene);
  const left = fitting(
    [
      ` ${look.paint('bold', `load test ${terminalText(plan.run)}`)} ${look.paint(tone, look.mark.light)} ${look.paint(tone, word)}`,
      `${plan.profile}, ${plan.model} model`,
      `${fullNumber(plan.connections)} connections`,
      terminalText(plan.url),
    ],
    width - 12,
  );
  return ends(left, `win ${duration(ui.windowMs)} `, width);
}

/** How far the phase is, as a bar where that is known. */
function progressLine(scene: LiveScene, width: number): string {
  const { look, snapshot } = scene;
  const { share, phase } = snapshot;
  const sending = phase === 'running' || phase === 'warm-up' || phase === 'starting';
  const right = sending ? ` ${timeText(snapshot)} ` : ` ${PHASE_TEXTS[phase]} `;
  const room = Math.max(1, width - 7 - lineWidth(right));
  const bar =
    share === null ? look.paint('dim', look.gauge[1].repeat(room)) : look.paint('accent', gauge(share, room, look));
  const percent = share === null ? '' : `${Math.floor(share * 100)}%`;
  return ` ${bar} ${percent.padStart(4)}${right}`;
}

const PHASE_TEXTS = {
  draining: 'waiting until everything is stored',
  settling: 'waiting for merges, to weigh the events',
  verifying: 'looking for every event',
  done: 'writing the report',
} as const;

function figuresLine(scene: LiveScene, width: number): string {
  const { look, snapshot } = scene;
  const trouble = generatorTrouble(snapshot);
  const generator =
    trouble === '' ? look.paint('good', 'generator keeps up') : look.paint('bad', `INVALID: ${trouble}`);
  return ` ${fitting(
    [
      ...(trouble === '' ? [] : [generator]),
      `offered ${perSecond(meanNow(snapshot, ({ figures }) => figures.scheduled))}`,
      `acknowledged ${look.paint('bold', perSecond(meanNow(snapshot, ({ figures }) => figures.acknowledged)))}`,
      failedText(scene),
      `stored ${perSecond(meanNow(snapshot, ({ figures }) => figures.stored))}`,
      `lag ${milliseconds(newest(snapshot, ({ figures }) => figures.lagMs))}`,
      `unknown ${fullNumber(snapshot.totals.unknown)}`,
      ...(trouble === '' ? [generator] : []),
    ],
    width - 1,
  )}`;
}

function failedText({ look, snapshot }: LiveScene): string {
  const failed = meanNow(snapshot, ({ figures }) => figures.failed) ?? 0;
  return failed > 0 ? look.paint('bad', `failed ${perSecond(failed)}`) : '';
}

/** Figures and their course without frames; what does not fit in height goes from below. */
function smallScreen(scene: LiveScene, width: number, height: number): string[] {
  const { look, snapshot } = scene;
  const [tone, word] = phaseWord(scene);
  const head = ends(
    ` ${look.paint('bold', 'load test')} ${look.paint(tone, look.mark.light)} ${look.paint(tone, word)}`,
    `${timeText(snapshot)} `,
    width,
  );
  if (snapshot.ui.help) return [head, ...helpLines(scene)];
  const trouble = generatorTrouble(snapshot);
  const { totals } = snapshot;
  const counts = latencyCounts(nowSeconds(snapshot));
  const bound = boundText(percentileBound(counts, 0.99, LATENCY_BOUNDS_MS), look);
  const trend = (name: string, value: string, toned: Tone, pick: (second: LiveSecond) => number | null) => {
    const values = cellValues(liveCells(snapshot, Math.max(1, width - 26)), pick, 'max');
    return ` ${toWidth(name, 10)} ${toWidth(value, 12)} ${look.paint(toned, sparkline(values, look.symbols))}`;
  };
  const ledger = fitting(
    [
      `acked ${shortNumber(totals.acknowledged)}`,
      `rejected ${shortNumber(totals.rejected)}`,
      `unknown ${shortNumber(totals.unknown)}`,
    ],
    width - 1,
  );
  const rows = [
    head,
    ...(trouble === '' ? [] : [` ${look.paint('bad', `INVALID: ${trouble}`)}`]),
    trend(
      'offered',
      perSecond(meanNow(snapshot, ({ figures }) => figures.scheduled)),
      'accepted',
      ({ figures }) => figures.scheduled,
    ),
    trend(
      'acked',
      perSecond(meanNow(snapshot, ({ figures }) => figures.acknowledged)),
      'stored',
      ({ figures }) => figures.acknowledged,
    ),
    trend('p99', bound, 'warn', ({ figures }) => figures.p99),
    ` ${ledger}`,
    trend(
      'lag',
      milliseconds(newest(snapshot, ({ figures }) => figures.lagMs)),
      'accent',
      ({ figures }) => figures.lagMs,
    ),
    trend(
      'queue',
      fullNumber(newest(snapshot, ({ figures }) => figures.queueRows)),
      'accent',
      ({ figures }) => figures.queueRows,
    ),
    trend(
      'failed',
      perSecond(meanNow(snapshot, ({ figures }) => figures.failed)),
      'bad',
      ({ figures }) => figures.failed,
    ),
    ...faultLines(scene).slice(-1),
  ];
  return [...rows.slice(0, height - 1), footerLine(scene, width)];
}

/** Where there is room for nothing else. */
function statusLine(scene: LiveScene, width: number): string {
  const { look, snapshot } = scene;
  const [tone, word] = phaseWord(scene);
  const trouble = generatorTrouble(snapshot);
  return fitting(
    [
      `${look.paint(tone, look.mark.light)} ${word}`,
      trouble === '' ? '' : look.paint('bad', 'INVALID'),
      perSecond(meanNow(snapshot, ({ figures }) => figures.acknowledged)),
      `unknown ${shortNumber(snapshot.totals.unknown)}`,
    ],
    width,
  );
}

function helpLines({ look }: LiveScene): string[] {
  return LIVE_KEYMAP.map(({ shown, help }) => ` ${look.paint('bold', toWidth(shown, 6))}${help}`);
}

function footerLine({ look }: LiveScene, width: number): string {
  const keys = LIVE_KEYMAP.filter(({ short }) => short !== '').map(
    ({ shown, short }) => `${look.paint('bold', shown)} ${look.paint('dim', short)}`,
  );
  // The way out stays when there is room for one only.
  const [quit, ...others] = keys.reverse();
  return ` ${fitting([quit!, ...others.reverse()], width - 1)}`;
}
