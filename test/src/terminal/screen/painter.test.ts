import { Terminal } from '@xterm/headless';
import { describe, expect, it } from 'vitest';
import { Painter } from '../../../../src/terminal/screen/painter.ts';

/** A terminal that shows what a painter wrote. */
function terminalOf(columns: number, rows: number) {
  const terminal = new Terminal({ cols: columns, rows, allowProposedApi: true });
  const written: string[] = [];
  const painter = new Painter((text) => written.push(text));
  const shown = async (): Promise<string[]> => {
    await new Promise<void>((resolve) => terminal.write(written.splice(0).join(''), resolve));
    const { active } = terminal.buffer;
    return Array.from({ length: rows }, (_, row) => active.getLine(active.viewportY + row)!.translateToString(true));
  };
  return { terminal, painter, written, shown };
}

describe('painter', () => {
  it('writes only what changed', async () => {
    const { painter, written, shown } = terminalOf(10, 4);
    painter.paint(['one', 'two', 'three']);
    expect(await shown()).toEqual(['one', 'two', 'three', '']);
    painter.paint(['one', 'TWO', 'three']);
    expect(written.join('')).toContain('TWO');
    expect(written.join('')).not.toMatch(/one|three/);
    expect(await shown()).toEqual(['one', 'TWO', 'three', '']);
    painter.paint(['one', 'TWO', 'three']);
    expect(written).toEqual([]);
  });

  it('leaves nothing of a longer line or a taller frame', async () => {
    const { painter, shown } = terminalOf(10, 4);
    painter.paint(['a long one', 'two', 'three']);
    painter.paint(['short', 'two']);
    expect(await shown()).toEqual(['short', 'two', '', '']);
  });

  it('begins anew on a screen that it does not know', async () => {
    const { painter, terminal, shown } = terminalOf(10, 4);
    painter.paint(['one', 'two']);
    await shown();
    await new Promise<void>((resolve) => terminal.write('\u001b[3;1Hgarbage', resolve));
    painter.forget();
    painter.paint(['one', 'two']);
    expect(await shown()).toEqual(['one', 'two', '', '']);
  });

  it('fills a line to its last column without a wrap', async () => {
    const { painter, shown } = terminalOf(10, 4);
    painter.paint(['x'.repeat(10), 'y'.repeat(10)]);
    expect(await shown()).toEqual(['x'.repeat(10), 'y'.repeat(10), '', '']);
  });
});
