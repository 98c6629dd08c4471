import { area } from '../../../terminal/charts/area.ts';
import { niceMax, peak } from '../../../terminal/charts/axis.ts';
import { AXIS_COLUMNS, plot } from '../../../terminal/charts/plot.ts';
import { type Block, beside, panel } from '../../../terminal/lines.ts';
import type { Look, Tone } from '../../../terminal/look.ts';
import { milliseconds, shortNumber } from '../../../terminal/numbers.ts';
import { cells } from '../cells.ts';
import { PERCENTILE_NAMES, percentileText } from '../facts.ts';
import type { Percentiles, Report, SecondFigures } from '../report.ts';

const CHART_ROWS = 8;
/** From this width on the charts stand beside each other. */
const BESIDE_MIN = 90;

/** Events a second, and the latencies of each second, in frames. */
export function charts(report: Report, width: number, look: Look): Block {
  if (report.seconds.length < 2) return [];
  if (width < BESIDE_MIN) return [...throughput(report, width, look), ...latency(report, width, look)];
  const left = Math.floor(width / 2);
  return beside(throughput(report, left, look), latency(report, width - left, look));
}

function throughput({ seconds }: Report, width: number, look: Look): Block {
  const note = `${look.paint('stored', look.gauge[0])} acknowledged  ${look.paint('accepted', point(look))} scheduled`;
  const chart = {
    filled: 'acknowledged',
    overlay: 'scheduled',
    tone: 'stored',
    of: 'mean',
    logarithmic: false,
  } as const;
  const lines = secondsChart(seconds, chart, { width: width - 2, look, label: shortNumber });
  return panel({ title: 'Events/s', note, lines }, width, CHART_ROWS + 3, look);
}

function latency({ seconds, plan }: Report, width: number, look: Look): Block {
  const note = `${look.paint('warn', look.gauge[0])} p99  ${look.paint('accepted', point(look))} p50`;
  const chart = { filled: 'p99', overlay: 'p50', tone: 'warn', of: 'max', logarithmic: true } as const;
  const label = (ms: number) => milliseconds(ms).replace(' ms', '').replace(' ', '');
  const lines = secondsChart(seconds, chart, { width: width - 2, look, label });
  const title = plan.model === 'open' ? 'Latency ms, log' : 'Service ms, log';
  return panel({ title, note, lines }, width, CHART_ROWS + 3, look);
}

interface Chart {
  readonly filled: keyof SecondFigures;
  readonly overlay: keyof SecondFigures;
  readonly tone: Tone;
  readonly of: 'mean' | 'max';
  readonly logarithmic: boolean;
}

function secondsChart(
  seconds: readonly SecondFigures[],
  { filled, overlay, tone, of, logarithmic }: Chart,
  { width, look, label }: { width: number; look: Look; label: (value: number) => string },
): string[] {
  const columns = Math.max(1, width - AXIS_COLUMNS);
  const series = (name: keyof SecondFigures) =>
    cells(
      seconds.map((second) => second[name]),
      columns,
      of,
    );
  const [values, points] = [series(filled), series(overlay)];
  const max = niceMax(Math.max(peak(values), peak(points)));
  // The chart is one value a column; braille would take two.
  const lines = area({
    values,
    tone,
    overlay: points,
    overlayTone: 'accepted',
    height: CHART_ROWS,
    max,
    logarithmic,
    look: look.symbols === 'braille' ? { ...look, symbols: 'block' } : look,
  });
  const labels = Array.from({ length: CHART_ROWS }, (_, row) => (row === 0 ? label(max) : ''));
  labels[CHART_ROWS / 2] = label(logarithmic ? Math.sqrt(1 + max) - 1 : max / 2);
  labels[CHART_ROWS - 1] = '0';
  return plot(lines, labels, { width, spanMs: seconds.length * 1_000, endLabel: 'end', look });
}

const NAME_COLUMNS = 8;
const VALUE_COLUMNS = 9;
const BAR_COLUMNS_MAX = 72;

/** Percentiles as bars on a scale where each tenfold takes the same length; the mark is the time from the actual send. */
export function spectrum(from: Percentiles, service: Percentiles | null, width: number, look: Look): string[] {
  const room = Math.min(BAR_COLUMNS_MAX, Math.max(1, width - NAME_COLUMNS - VALUE_COLUMNS - 2));
  const known = PERCENTILE_NAMES.map(([, key]) => from[key]).filter((value) => value !== null);
  const least =
    Math.max(
      0.001,
      Math.min(...known, ...PERCENTILE_NAMES.map(([, key]) => service?.[key] ?? Number.POSITIVE_INFINITY)),
    ) / 2;
  const most = Math.max(...known, least * 10);
  const place = (ms: number) =>
    Math.max(1, Math.round((Math.log(Math.max(ms, least) / least) / Math.log(most / least)) * room));
  return PERCENTILE_NAMES.map(([name, key]) => {
    const value = from[key];
    const other = service?.[key] ?? null;
    const filled = value === null ? 0 : place(value);
    const bar = look.paint(toneOf(value), look.gauge[0].repeat(filled));
    const mark = other === null ? 0 : place(other);
    const marked = mark > 0 && mark <= filled ? overlaid(filled, mark, toneOf(value), look) : bar;
    return `${name.padStart(NAME_COLUMNS)} ${percentileText(value).padStart(VALUE_COLUMNS)} ${marked}`;
  });
}

function overlaid(filled: number, mark: number, tone: Tone, look: Look): string {
  const full = look.gauge[0];
  return (
    look.paint(tone, full.repeat(mark - 1)) +
    look.paint('accepted', look.border.vertical) +
    look.paint(tone, full.repeat(filled - mark))
  );
}

const SLOW_MS = 250;
const TOO_SLOW_MS = 1_000;

function toneOf(ms: number | null): Tone {
  if (ms === null || ms <= SLOW_MS) return 'accent';
  return ms > TOO_SLOW_MS ? 'bad' : 'warn';
}

function point(look: Look): string {
  return look.symbols === 'ascii' ? "'" : look.mark.dot;
}
