import { describe, expect, it } from 'vitest';
import { hasColours, isAccessible, isScreen, symbolsFor } from '../../../../src/cli/terminal/terminal-kind.ts';

describe('the kind of terminal', () => {
  it('decides what can be drawn', () => {
    const tty = { isTTY: true } as NodeJS.WriteStream;
    expect(isScreen(tty, { TERM: 'xterm' })).toBe(true);
    for (const env of [{ TERM: 'dumb' }, { CI: 'true' }, { CI: '1' }]) expect(isScreen(tty, env)).toBe(false);
    expect(isScreen({} as NodeJS.WriteStream, {})).toBe(false);
    expect(symbolsFor('auto', { LANG: 'de_DE.UTF-8' }, 159)).toBe('block');
    expect(symbolsFor('auto', { LANG: 'de_DE.UTF-8' }, 160)).toBe('braille');
    expect(symbolsFor('auto', { LANG: 'de_DE.UTF-8', LC_ALL: 'C' }, 200)).toBe('ascii');
    expect(symbolsFor('block', { LANG: 'de_DE.UTF-8' }, 200)).toBe('block');
    expect(symbolsFor('braille', {}, 80)).toBe('braille');
  });

  it('hears of colours and screen readers', () => {
    expect(hasColours(false, {})).toBe(true);
    for (const env of [{ NO_COLOR: '1' }, { TRACKFLOW_NO_COLOR: '1' }]) expect(hasColours(false, env)).toBe(false);
    expect(hasColours(true, {})).toBe(false);
    expect(isAccessible(false, { ACCESSIBLE: '1' })).toBe(true);
    for (const off of ['', '0', 'false']) expect(isAccessible(false, { ACCESSIBLE: off })).toBe(false);
  });
});
