import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../../../src/package-root.ts';
import { hasTmux, openTerminal } from '../../../support/tmux.ts';

const HOLD = join(packageRoot(), 'src', 'terminal', 'screen', 'hold.ts');

/** A shell line: a program that holds the terminal, writes `inside` and goes on as told. */
function program(then: string): string {
  const script = `const { holdTerminal } = await import("${HOLD}");
    const hold = holdTerminal(process.stdout, process.stdin);
    process.stdout.write("inside");
    ${then}`;
  return `${process.execPath} --input-type=module -e '${script}' 2>/dev/null`;
}

describe.runIf(hasTmux())('the terminal before Ink', () => {
  it.each([
    ['it throws', 'throw new Error("boom");', 1],
    ['it exits', 'process.exit(4);', 4],
    ['it is released, twice', 'hold.release(); hold.release();', 0],
  ])('is given back as it was when %s', async (_, then, code) => {
    const line = `echo before; ${program(then)}; echo left with $?; stty -a | grep -o " echo "; cat`;
    await using terminal = openTerminal(line, { columns: 60, rows: 10 });
    const screen = await terminal.shows(/^ echo$/m);
    expect(screen.slice(0, 2)).toEqual(['before', `left with ${code}`]);
    expect(screen.join()).not.toContain('inside');
  });

  it('echoes no key, and keeps it for whoever reads', async () => {
    const then = 'setTimeout(() => process.stdin.once("data", (key) => process.stdout.write(" got " + key)), 500);';
    await using terminal = openTerminal(`${program(then)}; cat`, { columns: 60, rows: 10 });
    await terminal.shows(/inside/);
    terminal.press('x');
    const screen = await terminal.shows(/got/);
    expect(screen[0]).toBe('inside got x');
  });

  it('is not touched any more once it was handed over', async () => {
    const then = 'hold.handOver(); hold.release();';
    await using terminal = openTerminal(`${program(then)}; cat`, { columns: 60, rows: 10 });
    expect((await terminal.shows(/inside/))[0]).toBe('inside');
  });
});
