import { type Block, beside, block, inAscii, type PanelContent, panel, toWidth } from '../../terminal/lines.ts';
import { lagPanel, latencyPanel, queuePanel, throughputPanel } from './charts.ts';
import { figuresLine, footerLine, headerLine, helpLines, progressLine } from './header.ts';
import { faultLines, generatorPanel, ledgerPanel, outcomesPanel, serverPanel } from './panels.ts';
import type { LiveScene } from './scene.ts';
import { smallScreen, statusLine } from './small-screen.ts';

type Panel = (scene: LiveScene, width: number, height: number) => PanelContent;

const FAULTS_SHOWN_MAX = 3;
/** Lines of the panels below the charts, frame included. */
const PANEL_LINES = 9;
const WIDE_MIN = 110;
const FOUR_CHARTS_MIN = 27;

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
  const faults = faultLines(scene, width).slice(-FAULTS_SHOWN_MAX);
  const below = Math.min(PANEL_LINES, height - faults.length - 6);
  const first = height - faults.length - below;
  const panels: readonly Panel[] =
    width >= WIDE_MIN
      ? [outcomesPanel, generatorPanel, serverPanel, ledgerPanel]
      : [outcomesPanel, serverPanel, ledgerPanel];
  return [
    ...chartLines(scene, width, first),
    ...faults.map((line) => toWidth(line, width)),
    ...columnsOf(scene, panels, width, below),
  ];
}

/** Two charts, or four where there is height for them. */
function chartLines(scene: LiveScene, width: number, height: number): Block {
  const second = height >= FOUR_CHARTS_MIN ? Math.floor(height / 3) : 0;
  const first = columnsOf(scene, [throughputPanel, latencyPanel], width, height - second);
  return second === 0 ? first : [...first, ...columnsOf(scene, [queuePanel, lagPanel], width, second)];
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
