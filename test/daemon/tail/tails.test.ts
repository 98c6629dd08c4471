import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { TAILS_MAX, Tails, WAITING_BYTES_MAX } from '../../../daemon/tail/tails.ts';
import type { TailRequest } from '../../../daemon/tail/tap.ts';
import { until } from '../../support/until.ts';

/** A viewer that reads when it is told to. */
function viewer() {
  const read: string[] = [];
  let waiting: (() => void) | undefined;
  let isReading = true;
  const out = new Writable({
    write(chunk, _encoding, done) {
      read.push(String(chunk));
      if (isReading) done();
      else waiting = done;
    },
  });
  return {
    out,
    lines: () =>
      read
        .join('')
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line)),
    pause: () => {
      isReading = false;
    },
    goOn: () => {
      isReading = true;
      waiting?.();
    },
  };
}

const lines = (text: string, events: number) => ({ id: 0, text, events, dropped: 0 });

describe('tails', () => {
  it('tell the collectors who tails, and that nobody does when the last viewer has gone', async () => {
    const told: (readonly TailRequest[])[] = [];
    const tails = new Tails((requests) => void told.push(requests));
    const { out } = viewer();
    tails.open(['country:is:DE'], out, () => {});
    expect(told).toEqual([[{ id: 0, filters: [{ field: 'country', operator: 'is', values: ['DE'] }] }]]);
    out.destroy();
    await until(() => told.length === 2, 1_000);
    expect(told[1]).toEqual([]);
  });

  it('refuse a wrong filter, and one viewer too many, before the stream has begun', () => {
    const tails = new Tails(() => {});
    let begun = 0;
    const open = (filters: string[]) => tails.open(filters, viewer().out, () => void begun++);
    expect(() => open(['contry:is:DE'])).toThrow(expect.objectContaining({ code: 'TF_INPUT' }));
    expect(() => open(Array(21).fill('country:is:DE'))).toThrow(expect.objectContaining({ code: 'TF_INPUT' }));
    expect(begun).toBe(0);
    for (let number = 0; number < TAILS_MAX; number++) open([]);
    expect(() => open([])).toThrow(expect.objectContaining({ code: 'TF_BUSY' }));
    expect(begun).toBe(TAILS_MAX);
  });

  it('hold a bounded part for a viewer that does not read, and count what it misses', async () => {
    const tails = new Tails(() => {});
    const slow = viewer();
    tails.open([], slow.out, () => {});
    slow.pause();
    const text = `${JSON.stringify({ type: 'event', event: { name: 'x'.repeat(100_000) } })}\n`;
    for (let number = 0; number < 100; number++) tails.take([lines(text, 1)]);
    expect(slow.out.writableLength).toBeLessThan(WAITING_BYTES_MAX + 2 * text.length);
    slow.goOn();
    await until(() => slow.lines().some(({ type }) => type === 'dropped'), 2_000);
    const seen = slow.lines();
    const events = seen.filter(({ type }) => type === 'event').length;
    const dropped = seen.filter(({ type }) => type === 'dropped').reduce((sum, { count }) => sum + count, 0);
    expect(events).toBeGreaterThan(0);
    expect(events + dropped).toBe(100);
  });

  it('pass on what the collectors left out', () => {
    const tails = new Tails(() => {});
    const { out, lines: seen } = viewer();
    tails.open([], out, () => {});
    tails.take([{ id: 0, text: '', events: 0, dropped: 12 }]);
    tails.take([{ id: 99, text: 'of a viewer that has gone\n', events: 1, dropped: 1 }]);
    expect(seen().slice(1)).toEqual([{ type: 'dropped', count: 12 }]);
  });
});
