import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Breaker } from '../../../daemon/flush/breaker.ts';
import { type BatchFates, Flusher, insertToken, patchToken } from '../../../daemon/flush/flusher.ts';
import type { FlushTarget, InsertOutcome } from '../../../daemon/flush/target.ts';
import { ClickHouseModel } from '../../model/clickhouse-model.ts';
import { withUuids } from '../../model/flusher-world.ts';
import { decodeBlock } from '../../model/row-blocks.ts';
import { diskError } from '../../support/simulated-disk.ts';
import { laneRig } from './lane-rig.ts';

const OCTOBER = 202610;
const AWAY = { error: 'the engine is away' };
const UNKNOWN: InsertOutcome = { seen: 'unknown', error: 'time-out' };
const STARVED: InsertOutcome = { seen: 'refused', because: 'memory', error: 'MEMORY_LIMIT_EXCEEDED' };
const REJECTED: InsertOutcome = { seen: 'refused', because: 'data', error: 'INCORRECT_DATA' };
/** Above the longest wait of the breaker with its jitter. */
const ANY_WAIT_MS = 12_000;

/** A flusher over a lane, whose target answers from lists; when one is empty, as the model does. */
function flusherRig() {
  const rig = laneRig();
  const model = new ClickHouseModel();
  const memory = { rowsMax: Number.POSITIVE_INFINITY };
  const inserts: InsertOutcome[] = [];
  const counts: Awaited<ReturnType<FlushTarget['count']>>[] = [];
  const sent: string[] = [];
  const waits: string[] = [];
  const breaker = new Breaker(() => 0.5);
  const target: FlushTarget = {
    insert: async (block, token) => {
      const rows = decodeBlock(block);
      sent.push(`${token.replace(/^0+/, '')} ${rows.map((row) => row.id).join('')}`);
      const scripted = inserts.shift();
      if (scripted !== undefined) return scripted;
      if (rows.length > memory.rowsMax) return STARVED;
      model.insert({ token, rows });
      return { seen: 'stored', writtenRows: rows.length };
    },
    count: async (batch) => counts.shift() ?? model.count(batch),
    ids: async (batch, months) => (Number.isFinite(memory.rowsMax) ? withUuids(model.ids(batch, months))! : AWAY),
  };
  const fates: BatchFates = {
    stored: (batch, excess) => rig.fates.stored(batch, excess),
    split: (batch, unstored, error) => rig.fates.split(batch, unstored, error),
    unreadable: (batch, error) => rig.fates.unreadable(batch, error),
  };
  const flusher = new Flusher({
    disk: rig.disk,
    target,
    breaker,
    fates,
    observer: { insert() {}, verification() {}, waiting: (_, error, ms) => waits.push(`${ms} ms: ${error}`) },
    oldest: async () => rig.lane.sealed[0] ?? null,
    now: () => Date.now(),
  });
  return { ...rig, model, memory, inserts, counts, sent, waits, breaker, fates, flusher };
}

describe('the flusher', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('flushes the oldest batch first, sleeps when there is none, and wakes when one arrives', async () => {
    const rig = flusherRig();
    rig.batch('a');
    rig.batch('b');
    const running = rig.flusher.run();
    await vi.advanceTimersByTimeAsync(0);
    rig.batch('c');
    rig.flusher.arrived();
    await vi.advanceTimersByTimeAsync(0);
    expect(rig.sent.map((line) => line.split(' ')[1])).toEqual(['a', 'b', 'c']);
    rig.flusher.stop();
    await running;
  });

  it('waits as long as the breaker says, but for a new batch or a server that is back', async () => {
    const rig = flusherRig();
    rig.batch('a');
    rig.inserts.push(UNKNOWN);
    const running = rig.flusher.run();
    await vi.advanceTimersByTimeAsync(99);
    rig.flusher.arrived();
    await vi.advanceTimersByTimeAsync(0);
    expect(rig.sent).toHaveLength(1);
    expect(rig.waits).toEqual(['100 ms: time-out']);
    rig.flusher.engineReady();
    await vi.advanceTimersByTimeAsync(0);
    expect(rig.sent).toHaveLength(2);
    rig.flusher.stop();
    await running;
  });

  it('opens the breaker over counts that are not answered and closes it when the batch turns out stored', async () => {
    const rig = flusherRig();
    rig.batch('ab');
    rig.inserts.push(UNKNOWN);
    rig.counts.push(AWAY, AWAY, AWAY, new Map([[OCTOBER, 2]]));
    const running = rig.flusher.run();
    await vi.advanceTimersByTimeAsync(350);
    expect(rig.breaker).toMatchObject({ state: 'open', lastError: AWAY.error });
    await vi.advanceTimersByTimeAsync(ANY_WAIT_MS);
    expect(rig.told).toEqual(['stored 2 of 2, 0 too many']);
    expect(rig.breaker).toMatchObject({ state: 'closed', lastError: '' });
    rig.flusher.stop();
    await running;
  });

  it('stores a batch piece by piece where memory is enough for two rows', async () => {
    const rig = flusherRig();
    rig.memory.rowsMax = 2;
    rig.batch('abcdefg');
    const running = rig.flusher.run();
    await vi.advanceTimersByTimeAsync(20 * ANY_WAIT_MS);
    expect(rig.lane.sealed).toEqual([]);
    expect(
      rig.model
        .rows()
        .map((row) => row.id)
        .sort()
        .join(''),
    ).toBe('abcdefg');
    expect(rig.sent.filter((line) => line.endsWith(' abcdefg'))).toHaveLength(1);
    rig.flusher.stop();
    await running;
  });

  it('bisects a refused batch down to the row and stores its neighbours', async () => {
    const rig = flusherRig();
    rig.batch('abc!d');
    rig.inserts.push(REJECTED, { seen: 'stored', writtenRows: 2 }, REJECTED, REJECTED);
    const running = rig.flusher.run();
    await vi.advanceTimersByTimeAsync(0);
    expect(rig.state.totals()).toEqual({ stored: 3, deadLettered: 1 });
    expect(rig.deadLetters.list()).toMatchObject([{ rows: 1, reason: 'INCORRECT_DATA' }]);
    rig.flusher.stop();
    await running;
  });

  it('waits with a split that finds no room, and splits when there is some', async () => {
    const rig = flusherRig();
    rig.batch('a!b');
    rig.inserts.push(REJECTED, REJECTED, REJECTED, REJECTED);
    let refusals = 0;
    rig.disk.fault = ({ name, file }) => (name === 'create' && refusals++ < 2 ? diskError('ENOSPC', file) : null);
    const running = rig.flusher.run();
    await vi.advanceTimersByTimeAsync(ANY_WAIT_MS);
    expect(rig.waits).toEqual([
      expect.stringMatching(/^100 ms: Error: ENOSPC/),
      expect.stringMatching(/^200 ms: Error: ENOSPC/),
    ]);
    expect(rig.state.totals()).toEqual({ stored: 1, deadLettered: 1 });
    rig.flusher.stop();
    await running;
  });

  it('waits when it cannot learn which rows of a month are absent', async () => {
    const rig = flusherRig();
    rig.batch('ab');
    rig.inserts.push(UNKNOWN);
    rig.counts.push(new Map([[OCTOBER, 1]]), new Map([[OCTOBER, 2]]));
    const running = rig.flusher.run();
    await vi.advanceTimersByTimeAsync(ANY_WAIT_MS);
    expect(rig.waits.at(-1)).toMatch(AWAY.error);
    expect(rig.sent).toHaveLength(1);
    expect(rig.told).toEqual(['stored 2 of 2, 0 too many']);
    rig.flusher.stop();
    await running;
  });

  it('pauses before it takes a new token, so that a server that keeps nothing is not stormed', async () => {
    const rig = flusherRig();
    rig.batch('a');
    rig.inserts.push(UNKNOWN, { seen: 'stored', writtenRows: 1 }, { seen: 'stored', writtenRows: 1 });
    const running = rig.flusher.run();
    await vi.advanceTimersByTimeAsync(199);
    expect(rig.sent).toEqual(['101 a', '101 a']);
    await vi.advanceTimersByTimeAsync(ANY_WAIT_MS);
    expect(rig.sent).toEqual(['101 a', '101 a', '101#1 a', '101#2 a']);
    expect(rig.waits.slice(1)).toEqual(Array(2).fill('100 ms: success was answered, but rows are missing'));
    rig.flusher.stop();
    await running;
  });

  it('ends at once when it is stopped while it waits, and leaves the batch', async () => {
    const rig = flusherRig();
    rig.batch('a');
    rig.inserts.push(UNKNOWN);
    const running = rig.flusher.run();
    await vi.advanceTimersByTimeAsync(10);
    rig.flusher.stop();
    await running;
    expect(rig.lane.rows).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('fails when a fate fails for another reason than room', async () => {
    const rig = flusherRig();
    rig.batch('a!b');
    rig.inserts.push(REJECTED);
    rig.disk.fault = ({ name, file }) => (name === 'sync' ? diskError('EIO', file) : null);
    await expect(rig.flusher.run()).rejects.toThrow('EIO');
  });

  it('puts a segment that cannot be read into the quarantine and goes on with the next', async () => {
    const rig = flusherRig();
    const unreadable = rig.batch('ab');
    const next = rig.batch('c');
    rig.disk.fault = ({ name, file }) => (name === 'read' && file === unreadable.file ? diskError('EIO', file) : null);
    const running = rig.flusher.run();
    await vi.advanceTimersByTimeAsync(0);
    rig.flusher.stop();
    await running;
    expect(rig.sent).toEqual([`${insertToken(next, 0).replace(/^0+/, '')} c`]);
    expect(rig.told[0]).toMatch(/^quarantined 2, lost 2: segment 0+101 cannot be read/);
    expect(rig.disk.list(rig.lane.folders.quarantine)).toEqual([`${unreadable.name}.seg`]);
    expect(rig.lane.rows).toBe(0);
  });

  it('stores what is left of a segment that was damaged after it was read, and keeps the whole in the quarantine', async () => {
    const rig = flusherRig();
    const damaged = rig.batch('a', 'b');
    const bytes = rig.disk.read(damaged.file);
    rig.disk.flip(damaged.file, bytes.lastIndexOf('b'));
    const running = rig.flusher.run();
    await vi.advanceTimersByTimeAsync(0);
    rig.flusher.stop();
    await running;
    expect(rig.told[0]).toMatch(/^quarantined 2, lost 1: segment 0+101 held 2 rows and now reads as 1/);
    expect(rig.told[1]).toBe('stored 1 of 1, 0 too many');
    expect(rig.disk.list(rig.lane.folders.quarantine)).toEqual([`${damaged.name}.seg`]);
  });
});

describe('a token', () => {
  it('is the name of the batch, with the generation once the first is dead', () => {
    expect(insertToken({ name: '0a' }, 0)).toBe('0a');
    expect(insertToken({ name: '0a' }, 2)).toBe('0a#2');
  });

  it('of a patch is never one of a whole month', () => {
    expect([0, 1].map((patch) => patchToken({ name: '0a' }, patch))).toEqual(['0a#patch0', '0a#patch1']);
  });
});
