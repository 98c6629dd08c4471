import { expect, it } from 'vitest';
import { batchName, batchNumber } from '../../../daemon/spool/batch.ts';
import { firstNumber } from '../../../daemon/spool/identity.ts';

it('two spools that begin do not share their numbers, and each has room for four thousand million', () => {
  const drawn = new Set(Array.from({ length: 200 }, () => firstNumber()));
  expect(drawn.size).toBe(200);
  for (const number of drawn) {
    expect(number & 0xffff_ffffn).toBe(0n);
    expect(number).toBeGreaterThan(0n);
    expect(number).toBeLessThan(2n ** 63n);
  }
});

it('a number and its name are one to one, and names sort as numbers do', () => {
  const numbers = [1n, 15n, 16n, (7n << 32n) + 1n, (7n << 32n) + 255n, 2n ** 63n - 1n];
  const names = numbers.map(batchName);
  expect(names.map(batchNumber)).toEqual(numbers);
  expect(names.toSorted()).toEqual(names);
  for (const name of names) expect(name).toMatch(/^[0-9a-f]{16}$/);
});
