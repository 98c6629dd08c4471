import { duration } from '../../../terminal/numbers.ts';
import { cells } from '../cells.ts';
import type { Report } from '../report.ts';
import { html, type Markup } from './markup.ts';
import { linearScale, logScale, type Scale, timeTicks } from './scale.ts';

/** A line over the seconds of a run. `tone` is a class of the style sheet, which gives it colour and dashes. */
export interface Series {
  readonly name: string;
  readonly tone: 'one' | 'two' | 'three' | 'bad' | 'offered';
  readonly filled?: boolean;
  readonly values: readonly (number | null)[];
}

export interface TimeChart {
  readonly title: string;
  readonly series: readonly Series[];
  /** Of a tick. */
  readonly label: (value: number) => string;
  /** Of a value in words; the label when left out. */
  readonly tell?: (value: number) => string;
  /** What a point stands for when it is of several seconds. */
  readonly of: 'mean' | 'max';
  readonly logarithmic?: boolean;
  readonly note?: string;
}

const [WIDTH, HEIGHT] = [560, 210] as const;
const [LEFT, RIGHT, TOP, BOTTOM] = [52, 8, 16, 22] as const;
const PLOT_WIDTH = WIDTH - LEFT - RIGHT;
const PLOT_HEIGHT = HEIGHT - TOP - BOTTOM;
/** A point every two pixels. */
const POINTS_MAX = 240;

/** A figure with its legend: lines over the run, warm-up shaded, a mark at each fault. Words tell every point. */
export function timeChart(
  { title, series, label, tell = label, of, logarithmic, note = '' }: TimeChart,
  report: Report,
): Markup {
  const seconds = report.seconds.length;
  const points = Math.max(1, Math.min(POINTS_MAX, seconds));
  const drawn = series.map((one) => ({ ...one, points: cells(one.values, points, of) }));
  const known = drawn.flatMap((one) => one.points.filter((value) => !Number.isNaN(value)));
  const peak = known.reduce((most, value) => Math.max(most, value), 0);
  const least = known.reduce((low, value) => (value > 0 ? Math.min(low, value) : low), Number.POSITIVE_INFINITY);
  const scale = logarithmic === true ? logScale(Number.isFinite(least) ? least : 0, peak) : linearScale(peak);
  const each = seconds / points;
  const tip = (point: number) =>
    `${duration(point * each * 1_000)}: ${drawn.map((one) => `${one.name} ${Number.isNaN(one.points[point]!) ? 'not known' : tell(one.points[point]!)}`).join(', ')}`;
  const told = each > 1 ? `each point is the ${of} of ${each.toFixed(1)} s` : '';
  return html`<figure class="chart"><figcaption><b>${title}</b>${drawn.map(legend)}<small>${[note, told].filter((one) => one !== '').join('; ')}</small></figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title} over time">
${warmup(report)}${grid(scale, label)}${timeTicks(seconds).map((second) => timeLabel(second, seconds))}
${drawn.flatMap((one) => paths(one, one.points, scale))}
${faults(report)}
${Array.from({ length: points }, (_, point) => html`<rect class="tip" x="${round(LEFT + (point / points) * PLOT_WIDTH)}" y="${TOP}" width="${round(PLOT_WIDTH / points)}" height="${PLOT_HEIGHT}"><title>${tip(point)}</title></rect>`)}
</svg></figure>
`;
}

function legend({ name, tone, filled }: Series): Markup {
  return html`<span class="key ${tone}${filled === true ? ' filled' : ''}">${name}</span>`;
}

function grid(scale: Scale, label: (value: number) => string): Markup[] {
  return scale.ticks.map((tick) => {
    const y = round(yOf(scale.share(tick)));
    return html`<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y}" y2="${y}"/><text class="tick y" x="${LEFT - 6}" y="${y + 3.5}">${label(tick)}</text>`;
  });
}

function timeLabel(second: number, seconds: number): Markup {
  return html`<text class="tick x" x="${round(xOf(second / seconds))}" y="${HEIGHT - 6}">${duration(second * 1_000)}</text>`;
}

/** One path for each stretch without a gap; a stretch of one point is a short line. */
function paths({ tone, filled }: Series, points: readonly number[], scale: Scale): Markup[] {
  const stretches: { x: number; y: number }[][] = [];
  points.forEach((value, index) => {
    if (Number.isNaN(value)) return;
    const point = { x: round(xOf((index + 0.5) / points.length)), y: round(yOf(scale.share(value))) };
    if (index > 0 && !Number.isNaN(points[index - 1]!)) stretches.at(-1)!.push(point);
    else stretches.push([point]);
  });
  return stretches.flatMap((stretch) => {
    const [first, last] = [stretch[0]!, stretch.at(-1)!];
    const line = `M${first.x} ${first.y}${stretch
      .slice(1)
      .map(({ x, y }) => `L${x} ${y}`)
      .join('')}${stretch.length === 1 ? 'h1' : ''}`;
    const stroke = html`<path class="line ${tone}" d="${line}"/>`;
    const bottom = yOf(0);
    return filled === true
      ? [html`<path class="area ${tone}" d="${line}L${last.x} ${bottom}L${first.x} ${bottom}Z"/>`, stroke]
      : [stroke];
  });
}

function warmup({ plan, seconds }: Report): Markup | '' {
  const share = Math.min(1, plan.warmupMs / 1_000 / Math.max(1, seconds.length));
  if (share === 0) return '';
  return html`<rect class="warmup" x="${LEFT}" y="${TOP}" width="${round(share * PLOT_WIDTH)}" height="${PLOT_HEIGHT}"><title>warm-up, not measured</title></rect>`;
}

function faults({ faults: done, seconds }: Report): Markup[] {
  return done.map(({ name, atMs }) => {
    const x = round(xOf(Math.min(1, atMs / 1_000 / Math.max(1, seconds.length))));
    const side = x > WIDTH / 2 ? 'end' : 'start';
    return html`<line class="fault" x1="${x}" x2="${x}" y1="${TOP - 4}" y2="${HEIGHT - BOTTOM}"/><text class="fault ${side}" x="${x + (side === 'end' ? -4 : 4)}" y="${TOP - 5}">${name}</text>`;
  });
}

function xOf(share: number): number {
  return LEFT + share * PLOT_WIDTH;
}

function yOf(share: number): number {
  return TOP + (1 - share) * PLOT_HEIGHT;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
