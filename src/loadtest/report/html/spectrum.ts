import { milliseconds } from '../../../terminal/numbers.ts';
import { PERCENTILE_NAMES, percentileText } from '../facts.ts';
import type { Percentiles, Report } from '../report.ts';
import { html, type Markup } from './markup.ts';
import { logScale } from './scale.ts';

const [WIDTH, HEIGHT] = [560, 210] as const;
const [LEFT, RIGHT, TOP, BOTTOM] = [52, 30, 16, 22] as const;

/**
 * Latency by percentile, as HDR plots are drawn: each nine takes the same width, so that the tail is as wide as the rest.
 * The two lines part where requests had to wait before they could be sent.
 */
export function spectrum({ latency, service }: Report): Markup {
  const lines = [
    ...(latency === null ? [] : [{ name: 'from intended start', tone: 'two', of: latency }]),
    { name: 'from actual send', tone: 'one', of: service },
  ];
  const known = lines.flatMap(({ of }) => PERCENTILE_NAMES.map(([, key]) => of[key])).filter((value) => value !== null);
  if (known.length === 0) return html``;
  const scale = logScale(
    known.reduce((low, value) => Math.min(low, value)),
    known.reduce((most, value) => Math.max(most, value)),
  );
  const x = (place: number) => LEFT + (place / (PERCENTILE_NAMES.length - 1)) * (WIDTH - LEFT - RIGHT);
  const y = (value: number) => Math.round((TOP + (1 - scale.share(value)) * (HEIGHT - TOP - BOTTOM)) * 10) / 10;
  const pointsOf = (of: Percentiles) =>
    PERCENTILE_NAMES.flatMap(([name, key], place) => {
      const value = of[key];
      return value === null ? [] : [{ name, value, x: x(place), y: y(value) }];
    });
  return html`<figure class="chart"><figcaption><b>Latency spectrum</b>${lines.map(({ name, tone }) => html`<span class="key ${tone}">${name}</span>`)}<small>logarithmic both ways</small></figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Latency by percentile">
${scale.ticks.map((tick) => html`<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(tick)}" y2="${y(tick)}"/><text class="tick y" x="${LEFT - 6}" y="${y(tick) + 3.5}">${milliseconds(tick)}</text>`)}
${PERCENTILE_NAMES.map(([name], place) => html`<text class="tick x" x="${x(place)}" y="${HEIGHT - 6}">${name}</text>`)}
${lines.map(({ name, tone, of }) => {
  const points = pointsOf(of);
  const path = points.map((point, index) => `${index === 0 ? 'M' : 'L'}${point.x} ${point.y}`).join('');
  return html`<path class="line ${tone}" d="${path}"/>${points.map((point) => html`<circle class="dot ${tone}" cx="${point.x}" cy="${point.y}" r="3.5"><title>${name}, ${point.name}: ${percentileText(point.value)}</title></circle>`)}`;
})}
</svg></figure>
`;
}
