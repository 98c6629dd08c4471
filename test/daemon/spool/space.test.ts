import { beforeEach, describe, expect, it } from 'vitest';
import { Space } from '../../../daemon/spool/space.ts';
import { SimulatedDisk } from '../../support/simulated-disk.ts';

let disk: SimulatedDisk;
let clock: number;
let space: Space;

beforeEach(() => {
  disk = new SimulatedDisk(1);
  clock = 1_000;
  space = new Space(disk, '/spool', { bytesMax: 1_000, freeBytesMin: 500 }, () => clock);
});

describe('the spool takes no more', () => {
  it('when it has grown to its limit', () => {
    expect(space.refusal(999)).toBeNull();
    expect(space.refusal(1_000)).toBe('spool_full');
  });

  it('when the disk has less than its floor', () => {
    disk.room = 500;
    expect(space.refusal(0)).toBeNull();
    clock += 100;
    disk.room = 499;
    expect(space.refusal(0)).toBe('disk_full');
  });

  it('and takes again by itself when there is room', () => {
    disk.room = 0;
    expect(space.refusal(0)).toBe('disk_full');
    disk.room = 10_000;
    clock += 100;
    expect(space.refusal(0)).toBeNull();
  });
});

describe('the free space', () => {
  it('is read at most once in a tenth of a second', () => {
    for (let call = 0; call < 1_000; call++) space.refusal(0);
    expect(disk.calls).toHaveLength(1);
    clock += 100;
    space.refusal(0);
    expect(disk.calls).toHaveLength(2);
  });

  it('is read anew when the clock was set back', () => {
    disk.room = 7;
    expect(space.freeBytes).toBe(7);
    clock -= 3_600_000;
    disk.room = 8;
    expect(space.freeBytes).toBe(8);
  });
});
