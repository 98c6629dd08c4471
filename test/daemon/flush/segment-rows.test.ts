import { describe, expect, it } from 'vitest';
import { readBlock, readHalves, type Selection } from '../../../daemon/flush/segment-rows.ts';
import { decodeBlock, decodeRows, encodeGroup, uuidOf } from '../../model/row-blocks.ts';
import { laneRig } from './lane-rig.ts';

const OCTOBER = 202610;
const NOVEMBER = 202611;
const BOTH = [OCTOBER, NOVEMBER];

async function blockOf(text: string, selection: Selection): Promise<string> {
  const rig = laneRig();
  const { block, rows } = await readBlock(rig.disk, rig.batch(text), selection);
  const decoded = decodeBlock(block);
  expect(decoded).toHaveLength(rows);
  return decoded.map((row) => row.id).join('');
}

async function halvesOf(text: string, selection: Selection): Promise<string[]> {
  const rig = laneRig();
  const halves = await readHalves(rig.disk, rig.batch(text), selection);
  return halves.map((half) =>
    decodeRows(half.rows)
      .map((row) => row.id)
      .join(''),
  );
}

const stored = (month: number, ...ids: string[]) => {
  const counts = new Map<string, number>();
  for (const id of ids) counts.set(uuidOf(id), (counts.get(uuidOf(id)) ?? 0) + 1);
  return new Map([[month, counts]]);
};

describe('the block of a batch', () => {
  it('holds all its rows in order, each with the number of the batch', async () => {
    const rig = laneRig();
    rig.lane.write([encodeGroup([{ id: 'a', month: OCTOBER, poison: false }])]);
    const batch = rig.batch('Bc');
    const rows = decodeBlock((await readBlock(rig.disk, batch, { months: BOTH })).block);
    expect(rows.map((row) => row.id)).toEqual(['a', 'B', 'c']);
    expect(new Set(rows.map((row) => row.batch))).toEqual(new Set([BigInt(`0x${batch.name}`)]));
  });

  it('holds the rows of some months only', async () => {
    expect(await blockOf('aBcD', { months: [NOVEMBER] })).toBe('BD');
  });

  it('leaves out rows that are stored', async () => {
    expect(await blockOf('abBcC', { months: [OCTOBER], stored: stored(OCTOBER, 'a', 'c') })).toBe('b');
  });

  it('takes a month about which nothing is said as absent', async () => {
    expect(await blockOf('abAB', { months: BOTH, stored: stored(OCTOBER, 'a') })).toBe('bAB');
  });

  it('leaves out as many rows of one id as are stored, and only in their month', async () => {
    expect(await blockOf('aabaA', { months: BOTH, stored: stored(OCTOBER, 'a', 'a') })).toBe('baA');
  });

  it('may be empty', async () => {
    expect(await blockOf('ab', { months: [OCTOBER], stored: stored(OCTOBER, 'a', 'b') })).toBe('');
  });

  it('is not made of a segment that reads otherwise than when it was sealed', async () => {
    const rig = laneRig();
    const batch = rig.batch('abc');
    rig.disk.flip(batch.file, rig.disk.size(batch.file) - 150);
    await expect(readBlock(rig.disk, batch, { months: [OCTOBER] })).rejects.toThrow('and now reads as');
  });
});

describe('the halves of a batch', () => {
  it('share its rows, the first taking the odd one', async () => {
    expect(await halvesOf('abcde', { months: [OCTOBER] })).toEqual(['abc', 'de']);
    expect(await halvesOf('aBcD', { months: BOTH })).toEqual(['aB', 'cD']);
  });

  it('are one when there is one row, and none when all are stored', async () => {
    expect(await halvesOf('aB', { months: [NOVEMBER] })).toEqual(['B']);
    expect(await halvesOf('a', { months: [OCTOBER], stored: stored(OCTOBER, 'a') })).toEqual([]);
  });

  it('count their own rows by month', async () => {
    const rig = laneRig();
    const halves = await readHalves(rig.disk, rig.batch('abCD'), { months: BOTH });
    expect(halves.map((half) => [...half.months])).toEqual([
      [OCTOBER, 2],
      [NOVEMBER, 2],
    ]);
  });
});
