import { describe, expect, it } from 'vitest';
import { LATENCY_BOUNDS_MS } from '../../../../src/control/stream.ts';
import { area } from '../../../../src/terminal/charts/area.ts';
import { Axes, niceMax } from '../../../../src/terminal/charts/axis.ts';
import { gauge } from '../../../../src/terminal/charts/gauge.ts';
import { heatMap } from '../../../../src/terminal/charts/heat.ts';
import { sparkline } from '../../../../src/terminal/charts/sparkline.ts';
import { type Column, table } from '../../../../src/terminal/charts/table.ts';
import { lineWidth, toWidth } from '../../../../src/terminal/lines.ts';
import { lookOf } from '../../../../src/terminal/look.ts';

const BLOCK = lookOf('block', false);
const BRAILLE = lookOf('braille', false);
const ASCII = lookOf('ascii', false);
const GAP = Number.NaN;

describe('sparkline', () => {
  it('draws one character a value and leaves gaps blank', () => {
    expect(sparkline([0, 1, 4, 8, GAP, 8], 'block')).toBe('▁▁▄█ █');
    expect(sparkline([0, 8], 'ascii')).toBe('_#');
    expect(sparkline([0, 0], 'block')).toBe('▁▁');
  });
});

describe('area', () => {
  const chart = { tone: 'stored' as const, height: 2, max: 16 };

  it('fills from zero in eighths of a cell', () => {
    expect(area({ ...chart, values: [0, 1, 8, 12, 16, GAP], look: BLOCK })).toEqual(['   ▄█ ', ' ▁███ ']);
  });

  it('shows the least there is, so that little is not nothing', () => {
    expect(area({ ...chart, values: [0.001], look: BLOCK })).toEqual([' ', '▁']);
  });

  it('puts points of a second series above the filled part', () => {
    expect(area({ ...chart, values: [8, 0], overlay: [16, 4], look: BLOCK })).toEqual(['· ', '█·']);
  });

  it('puts two values into a cell of braille', () => {
    expect(area({ ...chart, values: [16, 8, 0, 16], look: BRAILLE })).toEqual(['⡇⢸', '⣿⢸']);
  });

  it('has only ASCII where that is asked for', () => {
    expect(area({ ...chart, values: [0, 4, 16], overlay: [16, 0, 0], look: ASCII }).join('')).toMatch(/^[ -~]*$/);
  });

  it('gives each tenfold the same height on a logarithmic scale', () => {
    const lines = area({
      ...chart,
      max: 9_999,
      height: 4,
      values: [9, 99, 999, 9_999],
      logarithmic: true,
      look: BLOCK,
    });
    expect(lines).toEqual(['   █', '  ██', ' ███', '████']);
  });
});

describe('axis', () => {
  it('ends at a round number that is not below the data', () => {
    for (const value of [0.03, 1, 1.2, 7, 99, 101, 14_100, 1e9]) {
      expect(niceMax(value)).toBeGreaterThanOrEqual(value);
      expect(niceMax(value)).toBeLessThanOrEqual(value * 2);
    }
    expect([0, GAP].map(niceMax)).toEqual([1, 1]);
  });

  it('grows at once and shrinks only when the data has become much smaller', () => {
    const axes = new Axes();
    expect([100, 160, 90, 85, 60].map((peak) => axes.end('a', peak))).toEqual([100, 200, 200, 200, 60]);
  });
});

describe('heat map', () => {
  it('shades a cell by its share of its column, and reads without colour', () => {
    const counts = [
      [0, 100],
      [0, 95, 5],
      [50, 50],
    ];
    const { lines } = heatMap(counts, LATENCY_BOUNDS_MS, 3, BLOCK);
    expect(lines).toEqual([' ░ ', '██▓', '  ▓']);
    expect(heatMap(counts, LATENCY_BOUNDS_MS, 3, ASCII).lines).toEqual([' . ', '##*', '  *']);
  });

  it('has all that is faster than its bound in the lowest row, when that is little', () => {
    const few = [[5, 0, 0, 55, 40]];
    const { lines, labels } = heatMap(few, LATENCY_BOUNDS_MS, 2, BLOCK);
    expect(lines).toEqual(['▓', '█']);
    expect(labels).toEqual([4, 3].map((bucket) => String(LATENCY_BOUNDS_MS[bucket]!.toFixed(1))));
    // More than a little has rows of its own.
    expect(heatMap([[30, 0, 0, 31, 39]], LATENCY_BOUNDS_MS, 5, BLOCK).lines).toEqual(['▓', '▓', ' ', ' ', '▓']);
  });

  it('names each row by its upper bound and keeps room above', () => {
    const { labels } = heatMap([[1]], LATENCY_BOUNDS_MS, 2, BLOCK);
    expect(labels).toEqual(['0.4', '0.3']);
    expect(heatMap([[]], LATENCY_BOUNDS_MS, 50, BLOCK).lines).toHaveLength(50);
  });
});

describe('gauge', () => {
  it('is full at one, empty at zero, and shows a little', () => {
    expect([0, 0.001, 0.5, 1, 7, GAP].map((share) => gauge(share, 4, BLOCK))).toEqual([
      '░░░░',
      '█░░░',
      '██░░',
      '████',
      '████',
      '░░░░',
    ]);
  });
});

describe('table', () => {
  interface Row {
    readonly name: string;
    readonly count: number;
  }
  const columns: readonly Column<Row>[] = [
    { title: 'NAME', priority: 0, shrinkTo: 4, cell: ({ name }) => name },
    { title: 'COUNT', priority: 1, right: true, cell: ({ count }) => String(count) },
    { title: 'SAME', priority: 6, right: true, cell: ({ count }) => String(count) },
    { title: 'BAR', priority: 2, flexible: [3, 10], cell: (_row, width) => '#'.repeat(width) },
  ];
  const rows = [
    { name: 'a rather long name', count: 123_456 },
    { name: '東京', count: 7 },
  ];

  it.each(Array.from({ length: 60 }, (_, index) => index + 12))(
    'in %i columns cuts no number and is not wider',
    (width) => {
      const lines = table(columns, rows, { width, height: 5, look: BLOCK });
      for (const line of lines) expect(lineWidth(line)).toBe(width);
      for (const digits of lines.join(' ').match(/\d+/g) ?? []) expect(['123456', '7']).toContain(digits);
    },
  );

  it('drops spare columns before it shortens a text, and gives what is left to the flexible one', () => {
    const [header, first] = table(columns, rows, { width: 36, height: 5, look: BLOCK });
    expect(header).toContain('COUNT');
    expect(header).not.toContain('SAME');
    expect(first).toBe('a rather long name  123456  ########');
  });

  it('scrolls to the selected row', () => {
    const many = Array.from({ length: 50 }, (_, index) => ({ name: `row${index}`, count: index }));
    const lines = table(columns, many, { width: 40, height: 6, look: BLOCK, selected: 30 });
    expect(lines).toHaveLength(6);
    expect(lines.join('\n')).toContain('row30');
  });
});

describe('lines', () => {
  it('are cut between characters, not within one, and their colour ends', () => {
    expect(toWidth('ab東京', 5)).toBe('ab東 ');
    expect(toWidth(lookOf('block', true).paint('bad', 'abcdef'), 3)).toBe('\u001b[31mabc\u001b[0m');
    expect(toWidth('e\u0301x', 1)).toBe('e\u0301');
  });
});
