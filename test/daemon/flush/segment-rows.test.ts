import { describe, expect, it } from 'vitest';
import { readBlock, readHalves, type Selection } from '../../../daemon/flush/segment-rows.ts';
import { decodeBlock, decodeRows, encodeGroup, uuidOf } from '../../model/row-blocks.ts';
import { laneRig } from './lane-rig.ts';

const OCTOBER = 202610;
const NOVEMBER = 202611;
const BOTH = [OCTOBER, NOVEMBER];

function blockOf(text: string, selection: Selection): string {
  const rig = laneRig();
  const { block, rows } = readBlock(rig.disk, rig.batch(text), selection);
  const decoded = decodeBlock(block);
  expect(decoded).toHaveLength(rows);
  return decoded.map((row) => row.id).join('');
}

function halvesOf(text: string, selection: Selection): string[] {
  const rig = laneRig();
  return readHalves(rig.disk, rig.batch(text), selection).map((half) =>
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
  it('holds all its rows in order, each with the number of the batch', () => {
    const rig = laneRig();
    rig.lane.write([encodeGroup([{ id: 'a', month: OCTOBER, poison: false }])]);
    const batch = rig.batch('Bc');
    const rows = decodeBlock(readBlock(rig.disk, batch, { months: BOTH }).block);
    expect(rows.map((row) => row.id)).toEqual(['a', 'B', 'c']);
    expect(new Set(rows.map((row) => row.batch))).toEqual(new Set([BigInt(`0x${batch.name}`)]));
  });

  it('holds the rows of some months only', () => {
    expect(blockOf('aBcD', { months: [NOVEMBER] })).toBe('BD');
  });

  it('leaves out rows that are stored', () => {
    expect(blockOf('abBcC', { months: [OCTOBER], stored: stored(OCTOBER, 'a', 'c') })).toBe('b');
  });

  it('takes a month about which nothing is said as absent', () => {
    expect(blockOf('abAB', { months: BOTH, stored: stored(OCTOBER, 'a') })).toBe('bAB');
  });

  it('leaves out as many rows of one id as are stored, and only in their month', () => {
    expect(blockOf('aabaA', { months: BOTH, stored: stored(OCTOBER, 'a', 'a') })).toBe('baA');
  });

  it('may be empty', () => {
    expect(blockOf('ab', { months: [OCTOBER], stored: stored(OCTOBER, 'a', 'b') })).toBe('');
  });

  it('is not made of a segment that reads otherwise than when it was sealed', () => {
    const rig = laneRig();
    const batch = rig.batch('abc');
    rig.disk.flip(batch.file, rig.disk.size(batch.file) - 150);
    expect(() => readBlock(rig.disk, batch, { months: [OCTOBER] })).toThrow('and now reads as');
  });
});

describe('the halves of a batch', () => {
  it('share its rows, the first taking the odd one', () => {
    expect(halvesOf('abcde', { months: [OCTOBER] })).toEqual(['abc', 'de']);
    expect(halvesOf('aBcD', { months: BOTH })).toEqual(['aB', 'cD']);
  });

  it('are one when there is one row, and none when all are stored', () => {
    expect(halvesOf('aB', { months: [NOVEMBER] })).toEqual(['B']);
    expect(halvesOf('a', { months: [OCTOBER], stored: stored(OCTOBER, 'a') })).toEqual([]);
  });

  it('count their own rows by month', () => {
    const rig = laneRig();
    const halves = readHalves(rig.disk, rig.batch('abCD'), { months: BOTH });
    expect(halves.map((half) => [...half.months])).toEqual([
      [OCTOBER, 2],
      [NOVEMBER, 2],
    ]);
  });
});
