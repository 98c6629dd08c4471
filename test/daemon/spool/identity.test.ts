import { expect, it } from 'vitest';
import { batchName, batchNumber } from '../../../daemon/spool/batch.ts';
import { firstNumber } from '../../../daemon/spool/identity.ts';

it('two thousand spools with a million batches each do not meet', () => {
  const drawn = Array.from({ length: 2_000 }, () => firstNumber()).sort((a, b) => (a < b ? -1 : 1));
  for (const [index, number] of drawn.entries()) {
    expect(number).toBeGreaterThan(0n);
    expect(number).toBeLessThan(2n ** 63n);
    if (index > 0) expect(number - drawn[index - 1]!).toBeGreaterThan(1_000_000n);
  }
});

it('a number and its name are one to one, and names sort as numbers do', () => {
  const numbers = [1n, 15n, 16n, (7n << 32n) + 1n, (7n << 32n) + 255n, 2n ** 63n - 1n];
  const names = numbers.map(batchName);
  expect(names.map(batchNumber)).toEqual(numbers);
  expect(names.toSorted()).toEqual(names);
  for (const name of names) expect(name).toMatch(/^[0-9a-f]{16}$/);
});
