import { describe, expect, it } from 'vitest';
import { table } from '../../../src/cli/terminal/table.ts';
import { displayWidth, shorten, terminalJson, terminalText } from '../../../src/terminal/text.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
const OBEYED = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/;

const ATTACKS = [
  '\u001b[2J\u001b[H',
  '\u001b]52;c;ZWNobyBoaQ==\u0007',
  '\u009b31m',
  'user\u202etxt.exe',
  'a\u200bb\u2060c\ufeff',
  'line\r\nbreak\ttab',
  '\u0000\u007f',
];

describe('terminalText', () => {
  it.each(ATTACKS)('leaves nothing in %j that a terminal obeys', (attack) => {
    expect(terminalText(attack)).not.toMatch(OBEYED);
  });

  it('shows what was there', () => {
    expect(terminalText('a\u001b[0m\n')).toBe('a\\u{1b}[0m\\n');
    expect(terminalText('\ud800x\u{e0041}')).toBe('\\u{d800}x\\u{e0041}');
  });

  it('leaves the text of people alone', () => {
    for (const text of ['Grüße, 東京, 🎉', 'café', 'שלום', 'a\\nb']) expect(terminalText(text)).toBe(text);
  });
});

describe('terminalJson', () => {
  it.each(ATTACKS)('writes %j so that a terminal does not obey and a parser gets it back', (attack) => {
    const text = terminalJson({ [attack]: attack });
    expect(text).not.toMatch(OBEYED);
    expect(JSON.parse(text)).toEqual({ [attack]: attack });
  });

  it('indents', () => expect(terminalJson({ a: [1] }, 2)).toBe('{\n  "a": [\n    1\n  ]\n}'));
});

describe('table', () => {
  it('aligns wide and combining characters by the columns they take', () => {
    expect(displayWidth('東京')).toBe(4);
    expect(displayWidth('e\u0301')).toBe(1);
    const lines = table(
      [{ title: 'a' }, { title: 'n', right: true }],
      [
        ['東京', '1'],
        ['x', '12'],
      ],
    ).split('\n');
    expect(lines).toEqual(['a      n', '東京   1', 'x     12']);
  });

  it('shortens a cell that is too long and says so', () => {
    expect(shorten('x'.repeat(10), 5)).toBe('xxxx…');
    expect(shorten('東京東京', 5)).toBe('東京…');
  });

  it('gives the last column what it needs where no width is asked for, and every other at most 80', () => {
    const long = 'x'.repeat(1000);
    const columns = [{ title: 'a' }, { title: 'b' }];
    const [, line] = table(columns, [[long, long]]).split('\n');
    expect(line).toBe(`${'x'.repeat(79)}…  ${long}`);
    expect(displayWidth(table(columns, [[long, long]], 100).split('\n')[1]!)).toBeLessThanOrEqual(100);
  });
});
