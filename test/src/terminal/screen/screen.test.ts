import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { type ScreenCost, showScreen } from '../../../../src/terminal/screen/screen.ts';
import { until } from '../../../support/until.ts';

const WAIT_MS = 10_000;

/** A terminal that takes what is written when it is told to. */
class SlowTerminal extends PassThrough {
  readonly columns = 20;
  readonly rows = 5;
  readonly isTTY = true;
  written = '';
  isOpen = true;
  readonly #waiting: (() => void)[] = [];

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.written += chunk.toString();
    if (this.isOpen) done();
    else this.#waiting.push(done);
  }

  open(): void {
    this.isOpen = true;
    for (const done of this.#waiting.splice(0)) done();
  }
}

it('leaves frames out while the terminal takes none, then draws the newest, and tells how long it took', async () => {
  const terminal = new SlowTerminal();
  const costs: ScreenCost[] = [];
  const ended = new AbortController();
  let redraw = () => {};
  let number = 0;
  let drawn = 0;
  let isHandedOver = false;
  const shown = showScreen(
    {
      stdout: terminal as unknown as NodeJS.WriteStream,
      stdin: new PassThrough() as unknown as NodeJS.ReadStream,
      hold: {
        handOver: () => {
          isHandedOver = true;
        },
        release: () => {},
      },
      draw: () => {
        drawn++;
        return [`frame ${number}`];
      },
      subscribe: (listener) => {
        redraw = listener;
        return () => {};
      },
      onKey: () => {},
      onCost: (cost) => costs.push(cost),
    },
    ended.signal,
  );
  number = 1;
  redraw();
  // The first frame does not wait for Ink.
  expect(terminal.written).toContain('frame 1');
  expect(isHandedOver).toBe(false);
  await until(() => isHandedOver && terminal.written.split('frame 1').length === 3, WAIT_MS);
  await until(() => costs.some(({ of }) => of === 'write'), WAIT_MS);

  terminal.isOpen = false;
  const before = drawn;
  for (number = 2; number < 9; number++) redraw();
  expect(drawn).toBe(before + 1);
  number = 9;
  costs.length = 0;
  terminal.open();
  await until(() => terminal.written.includes('frame 9'), WAIT_MS);
  expect(drawn).toBe(before + 2);
  expect(terminal.written).not.toMatch(/frame [3-8]/);
  expect(costs.map(({ of }) => of)).toContain('write');
  ended.abort();
  await shown;
});

it('does not take a thread that is busy with Ink for a slow terminal', async () => {
  const terminal = new SlowTerminal();
  const costs: ScreenCost[] = [];
  const ended = new AbortController();
  let isHandedOver = false;
  let beforeInk: string[] = [];
  const shown = showScreen(
    {
      stdout: terminal as unknown as NodeJS.WriteStream,
      stdin: new PassThrough() as unknown as NodeJS.ReadStream,
      hold: {
        handOver: () => {
          isHandedOver = true;
        },
        release: () => {},
      },
      draw: () => ['a frame'],
      subscribe: (redraw) => {
        terminal.isOpen = false;
        redraw();
        // Told already, so that when the answer comes, however late, is of no account.
        beforeInk = costs.map(({ of }) => of);
        return () => {};
      },
      onKey: () => {},
      onCost: (cost) => costs.push(cost),
    },
    ended.signal,
  );
  await until(() => isHandedOver, WAIT_MS);
  expect(beforeInk).toEqual(['draw', 'write']);
  terminal.open();
  ended.abort();
  await shown;
});
