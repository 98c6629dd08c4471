import { describe, expect, it } from 'vitest';
import { FlushHold } from '../../../daemon/flush/hold.ts';
import type { Batch } from '../../../daemon/spool/batch.ts';
import { until } from '../../support/until.ts';

const LONG = { waitMs: 60_000, holdMs: 60_000 };
const OLD = 202601;
const NEW = 202611;

function batch(month: number, recovered = false): Batch {
  return {
    name: '0000000000000001',
    file: '',
    rows: 1,
    bytes: 1,
    months: new Map([[month, 1]]),
    columns: [],
    recovered,
    firstRowAt: 0,
  };
}

function rig(sealed: Batch[] = []) {
  const ends = { count: 0 };
  return {
    sealed,
    ends,
    hold: new FlushHold(
      () => sealed,
      () => void ends.count++,
    ),
  };
}

describe('a hold', () => {
  it('keeps back batches of its months until it is released, and no others', async () => {
    const { hold, ends } = rig();
    hold.between();
    expect(await hold.ask(1, [OLD], LONG)).toBe(true);
    expect(hold.take(batch(OLD))).toBeNull();
    expect(hold.take(batch(NEW))).not.toBeNull();
    hold.release(1);
    expect(ends.count).toBe(1);
    expect(hold.take(batch(OLD))).not.toBeNull();
  });

  it('is granted when the batch in flight has met its fate', async () => {
    const { hold } = rig();
    hold.take(batch(OLD));
    let granted: boolean | null = null;
    const asked = hold.ask(1, [OLD], LONG).then((answer) => {
      granted = answer;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(granted).toBeNull();
    hold.between();
    await asked;
    expect(granted).toBe(true);
    hold.release(1);
  });

  it('is not granted before batches that an earlier process may have inserted are verified', async () => {
    const { hold, sealed } = rig([batch(OLD, true)]);
    hold.between();
    const asked = hold.ask(1, [OLD], LONG);
    expect(hold.take(sealed[0]!)).not.toBeNull();
    sealed.pop();
    hold.between();
    expect(await asked).toBe(true);
    hold.release(1);
  });

  it('is refused when the batch stays in flight, and the next one may be asked', async () => {
    const { hold } = rig();
    hold.take(batch(OLD));
    expect(await hold.ask(1, [OLD], { waitMs: 5, holdMs: 60_000 })).toBe(false);
    hold.between();
    expect(await hold.ask(2, [OLD], LONG)).toBe(true);
    hold.release(2);
  });

  it('ends by itself, and its late release does not end that of another', async () => {
    const { hold, ends } = rig();
    expect(await hold.ask(1, [OLD], { waitMs: 5, holdMs: 5 })).toBe(true);
    await until(() => ends.count === 1, 5_000);
    expect(await hold.ask(2, [OLD], LONG)).toBe(true);
    hold.release(1);
    expect(hold.take(batch(OLD))).toBeNull();
    hold.release(2);
  });

  it('is not waited for any longer when it is given up', async () => {
    const { hold } = rig();
    hold.take(batch(OLD));
    const asked = hold.ask(1, [OLD], LONG);
    hold.release(1);
    expect(await asked).toBe(false);
    hold.between();
    expect(hold.take(batch(OLD))).not.toBeNull();
  });

  it('of all months keeps back every batch, and waits for every one that is on its way', async () => {
    const { hold, ends } = rig();
    hold.take(batch(NEW));
    const asked = hold.ask(1, 'all', LONG);
    hold.between();
    expect(await asked).toBe(true);
    for (const month of [OLD, NEW]) expect(hold.take(batch(month))).toBeNull();
    hold.release(1);
    expect(ends.count).toBe(1);
  });

  it('lasts longer when it is extended, and says so when it is over', async () => {
    const { hold, ends } = rig();
    expect(await hold.ask(1, 'all', { waitMs: 5, holdMs: 60_000 })).toBe(true);
    expect(hold.extend(2, 60_000)).toBe(false);
    expect(hold.extend(1, 5)).toBe(true);
    await until(() => ends.count === 1, 5_000);
    expect(hold.extend(1, 60_000)).toBe(false);
    expect(hold.take(batch(OLD))).not.toBeNull();
  });

  it('is one at a time', async () => {
    const { hold } = rig();
    expect(await hold.ask(1, [OLD], LONG)).toBe(true);
    expect(await hold.ask(2, [NEW], LONG)).toBe(false);
    hold.release(2);
    expect(hold.take(batch(OLD))).toBeNull();
    hold.release(1);
  });
});
