import {
  type Block,
  beside,
  block,
  ends,
  fitting,
  inAscii,
  lineWidth,
  panel,
  stripColours,
  toWidth,
} from '../../terminal/lines.ts';
import { fullNumber, milliseconds, percent, shortNumber } from '../../terminal/numbers.ts';
import { shorten, terminalText } from '../../terminal/text.ts';
import { cards, figuresLine, refusedAndRejected, statusLine } from '../panels/cards.ts';
import { entryLine, logRows } from '../panels/events.ts';
import { queueShare } from '../panels/pipeline.ts';
import { connectionText, footerLine, headerLine, stateWord, tabsLine } from './header.ts';
import { commandLines, helpLines, helpNote } from './help.ts';
import { bytesText, drawPanel, figure, type Scene, trend } from './scene.ts';
import { emptyState } from './states.ts';
import { type Row, rowsOf, type Size, sizeOf } from './views.ts';

/**
 * The whole screen as lines, each exactly `columns` wide. The terminal's last row stays free: a frame that fills it makes
 * some terminals scroll.
 */
export function drawFrame(scene: Scene, columns: number, rows: number): Block {
  const frame = drawLines(scene, columns, rows);
  return scene.look.symbols === 'ascii' ? frame.map(inAscii) : frame;
}

function drawLines(scene: Scene, columns: number, rows: number): Block {
  const size = sizeOf(columns, rows);
  const height = Math.max(1, rows - 1);
  if (size === 'line') return block(lineScreen(scene, columns), columns, height);
  if (size === 'small') return block(smallScreen(scene, columns, height), columns, height);
  const head = [headerLine(scene, columns, size)];
  if (size !== 'medium') head.push(tabsLine(scene, columns));
  const body = height - head.length - 1;
  return block([...head, ...bodyLines(scene, columns, body, size), footerLine(scene, columns)], columns, height);
}

/** The lines that help has on a screen of this size. */
export function helpRoom(columns: number, rows: number): { width: number; height: number } {
  const size = sizeOf(columns, rows);
  if (size === 'small') return { width: columns, height: rows - 3 };
  return { width: columns - 2, height: rows - (size === 'medium' ? 1 : 2) - 4 };
}

function bodyLines(scene: Scene, width: number, height: number, size: Size): Block {
  const { ui } = scene.snapshot;
  if (ui.help) {
    const lines = helpLines(scene.look, ui.helpFrom, width - 2, height - 2);
    const note = helpNote(scene.look, width - 2, height - 2);
    return panel({ title: 'Help', note, lines }, width, height, scene.look);
  }
  if (ui.command !== null) {
    const lines = commandLines(ui.command, scene.look);
    return panel({ title: 'Commands', note: 'Enter does the first, Esc closes', lines }, width, height, scene.look);
  }
  const empty = emptyState(scene);
  if (empty !== null) return panel({ title: 'TrackFlow', lines: empty }, width, height, scene.look);
  const figures = figureLines(scene, width, size);
  const grid = rowsOf(ui.view, size, ui.preset);
  return aged(scene, [...figures, ...gridLines(scene, grid, width, height - figures.length)]);
}

/** Figures that nobody vouches for any more are grey; the header says how old they are. */
function aged({ snapshot: { connection }, look }: Scene, lines: Block): Block {
  return connection.kind === 'live' ? lines : lines.map((line) => look.paint('dim', stripColours(line)));
}

function figureLines(scene: Scene, width: number, size: Size): Block {
  const { view, zoomed } = scene.snapshot.ui;
  if (view !== 'overview' && view !== 'visitors') return [];
  if (view === 'visitors') return [audienceLine(scene, width)];
  return size === 'full' && !zoomed ? cards(scene, width) : [figuresLine(scene, width)];
}

function audienceLine(scene: Scene, width: number): string {
  const { audience } = scene.snapshot;
  const { look } = scene;
  const live = `live visitors ${look.paint('bold', fullNumber(figure(scene, 'live_visitors')))}`;
  if (audience === null) return ` ${live}  ${look.paint('dim', 'asking the daemon…')}`;
  const { visitors, sessions, pageviews, events } = audience.totals;
  const parts = [
    live,
    audience.failure === '' ? '' : look.paint('bad', terminalText(audience.failure)),
    audience.missingShards.length === 0 ? '' : look.paint('bad', `without shard ${audience.missingShards.join(', ')}`),
    `${look.paint('dim', 'window:')} visitors ${fullNumber(visitors)}`,
    `sessions ${fullNumber(sessions)}`,
    `pageviews ${fullNumber(pageviews)}`,
    `events ${fullNumber(events)}`,
  ];
  return ` ${fitting(parts, width - 1)}`;
}

function gridLines(scene: Scene, grid: readonly Row[], width: number, height: number): Block {
  const panels = grid.flatMap((row) => row.panels.map(([one]) => one));
  const { ui } = scene.snapshot;
  if (ui.zoomed) return drawPanel(scene, panels[Math.min(ui.focus, panels.length - 1)]!, ui.focus, width, height);
  let index = 0;
  return heightsOf(grid, height).flatMap((lines, at) => {
    const row = grid[at]!;
    const widths = split(
      width,
      row.panels.map(([, share]) => share),
    );
    return beside(...row.panels.map(([one], place) => drawPanel(scene, one, index++, widths[place]!, lines)));
  });
}

function heightsOf(grid: readonly Row[], height: number): number[] {
  const fixed = grid.reduce((sum, { lines = 0 }) => sum + lines, 0);
  const shares = split(
    height - fixed,
    grid.map(({ lines, height: share = 1 }) => (lines === undefined ? share : 0)),
  );
  return grid.map(({ lines }, index) => lines ?? shares[index]!);
}

/** `total` in whole parts after `shares`; what rounding leaves goes to the last that has a share. */
function split(total: number, shares: readonly number[]): number[] {
  const sum = shares.reduce((all, share) => all + share, 0);
  if (sum === 0) return shares.map(() => 0);
  const parts = shares.map((share) => Math.floor((total * share) / sum));
  const last = shares.findLastIndex((share) => share > 0);
  parts[last]! += total - parts.reduce((all, part) => all + part, 0);
  return parts;
}

function lineScreen(scene: Scene, width: number): string[] {
  const { light, word } = stateWord(scene);
  if (scene.snapshot.facts.state === null) return [`${light} ${word}`, scene.startCommand];
  const perSecond = (value: number | null) => `${shortNumber(value)}/s`;
  const disk = `disk ${bytesText(scene, figure(scene, 'disk_free_bytes'))} free`;
  const more = [
    fitting(
      [`stored ${perSecond(figure(scene, 'stored'))}`, `rejected ${perSecond(refusedAndRejected(scene))}`],
      width,
    ),
    fitting([`p99 ${milliseconds(figure(scene, 'ack_p99_ms')).replace(' ', '')}`, disk], width),
    fitting([`visitors ${fullNumber(figure(scene, 'live_visitors'))}`], width),
  ];
  const [status, ...rest] = aged(scene, [statusLine(scene, light, width), ...more]);
  const start = scene.snapshot.connection.kind === 'not-running' ? [shorten(scene.startCommand, width)] : [];
  return [status!, connectionText(scene), ...start, ...rest];
}

const SMALL_NAME_COLUMNS = 10;
const SMALL_VALUE_COLUMNS = 11;

function smallScreen(scene: Scene, width: number, height: number): string[] {
  const { ui } = scene.snapshot;
  const head = headerLine(scene, width, 'small');
  const foot = footerLine(scene, width);
  const body = height - 2;
  const inner = smallBody(scene, width, body);
  return [
    head,
    ...block(inner.slice(0, body), width, body),
    ui.help ? toWidth(` ${helpNote(scene.look, width, body)}`, width) : foot,
  ];
}

function smallBody(scene: Scene, width: number, height: number): string[] {
  const { ui } = scene.snapshot;
  if (ui.help) return helpLines(scene.look, ui.helpFrom, width, height);
  if (ui.command !== null) return commandLines(ui.command, scene.look);
  const empty = emptyState(scene);
  if (empty !== null) return empty;
  if (ui.view !== 'overview' || ui.zoomed) {
    const panels = rowsOf(ui.view, 'small', ui.preset).flatMap((row) => row.panels.map(([one]) => one));
    const place = Math.min(ui.focus, panels.length - 1);
    const { title, note = '', lines } = panels[place]!.draw(scene, width - 1, height - 1);
    const which = panels.length > 1 ? scene.look.paint('dim', `${place + 1} of ${panels.length}, Tab`) : '';
    const head = ends(
      fitting([scene.look.paint('bold', title), note], width - lineWidth(which) - 3),
      `${which} `,
      width - 1,
    );
    return [
      ...aged(
        scene,
        [head, ...lines].map((line) => ` ${line}`),
      ),
    ];
  }
  return [...aged(scene, smallOverview(scene, width, height))];
}

function smallOverview(scene: Scene, width: number, height: number): string[] {
  const { look } = scene;
  const room = width - SMALL_NAME_COLUMNS - SMALL_VALUE_COLUMNS - 5;
  const row = (
    name: string,
    value: string,
    series: Parameters<typeof figure>[1],
    tone: 'accepted' | 'stored' | 'bad' | 'accent',
  ) =>
    ` ${toWidth(name, SMALL_NAME_COLUMNS)}${' '.repeat(Math.max(0, SMALL_VALUE_COLUMNS - value.length))}${look.paint('bold', value)}  ${trend(scene, series, room, tone)}`;
  const perSecond = (value: number | null) => `${fullNumber(value)}/s`;
  const rows = [
    row('accepted', perSecond(figure(scene, 'accepted')), 'accepted', 'accepted'),
    row('stored', perSecond(figure(scene, 'stored')), 'stored', 'stored'),
    row('rejected', perSecond(refusedAndRejected(scene)), 'rejected', 'bad'),
    row('ack p99', milliseconds(figure(scene, 'ack_p99_ms')), 'ack_p99_ms', 'accent'),
    row('lag', milliseconds(figure(scene, 'lag_ms')), 'lag_ms', 'accent'),
    row('queue', percent(queueShare(scene)), 'spool_bytes', 'accent'),
  ];
  const more = ` cpu ${percent(figure(scene, 'daemon_cpu'))}  rss ${bytesText(scene, figure(scene, 'daemon_rss_bytes'))}  disk ${bytesText(scene, figure(scene, 'disk_free_bytes'))} free  parts ${fullNumber(figure(scene, 'engine_parts'))}`;
  const last = logRows(scene).at(-1);
  const roomy = height >= rows.length + 4;
  const gap = roomy ? [''] : [];
  return [...gap, ...rows, more, ...gap, ...(last === undefined ? [] : [` ${entryLine(last, scene, width - 1)}`])];
}
