import { LATENCY_BOUNDS_MS } from '../../control/stream.ts';
import { sparkline } from '../../terminal/charts/sparkline.ts';
import { ends, fitting, toWidth } from '../../terminal/lines.ts';
import type { Tone } from '../../terminal/look.ts';
import { fullNumber, milliseconds, shortNumber } from '../../terminal/numbers.ts';
import { footerLine, helpLines, phaseWord, progressLine } from './header.ts';
import type { LiveSecond } from './live-figures.ts';
import { faultLines, perSecond } from './panels.ts';
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

/** Lines of a small screen from which on the bar has room. */
const ROWS_WITH_PROGRESS_MIN = 10;

/** Figures and their course without frames; what does not fit in height goes from below. */
export function smallScreen(scene: LiveScene, width: number, height: number): string[] {
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
    ...(height > ROWS_WITH_PROGRESS_MIN ? [progressLine(scene, width)] : []),
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
    ...faultLines(scene, width).slice(-1),
  ];
  return [...rows.slice(0, height - 1), footerLine(scene, width)];
}

/** Where there is room for nothing else. */
export function statusLine(scene: LiveScene, width: number): string {
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
