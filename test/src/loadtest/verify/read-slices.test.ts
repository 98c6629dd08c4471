import { expect, test } from 'vitest';
import { TrackflowError } from '../../../../src/errors/error.ts';
import { type Row, readSlice } from '../../../../src/loadtest/verify/read-slices.ts';
import { INDEX_MAX, type Slice, slicesOf } from '../../../../src/loadtest/verify/slice.ts';
import { fc } from '../../../support/property.ts';

/** A table in memory that answers with at most so many rows, or refuses to. */
interface Entry {
  readonly hash: bigint;
  readonly n: number;
}

const entry: fc.Arbitrary<Entry> = fc.record({
  hash: fc.oneof(fc.constantFrom(0n, 7n, 2n ** 64n - 1n), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
  n: fc.oneof(fc.nat(100), fc.nat(INDEX_MAX)),
});
const isIn = ({ hash, index }: Slice, row: Entry) =>
  row.hash >= hash[0] && row.hash <= hash[1] && row.n >= index[0] && row.n <= index[1];
const byPlace = (a: Entry, b: Entry) => a.n - b.n || (a.hash < b.hash ? -1 : 1);

test('every row is handed on once, however little an answer holds and however many visitors are one', async () => {
  const table = fc.uniqueArray(entry, { maxLength: 60, selector: ({ n }) => n });
  await fc.assert(
    fc.asyncProperty(
      table,
      fc.nat(5),
      fc.integer({ min: 1, max: 5 }),
      fc.nat(200),
      async (rows, most, count, indexEnd) => {
        const slices = new Map<string, Slice>();
        const taken: Entry[] = [];
        const holds = most + 1;
        for (const slice of slicesOf(count)) {
          await readSlice(
            {
              signal: new AbortController().signal,
              indexEnd,
              statement: (part) => {
                const name = String(slices.size);
                slices.set(name, part);
                return name;
              },
              rows: async (name) => {
                const found = rows.filter((row) => isIn(slices.get(name)!, row));
                if (found.length > 3 * holds) throw new TrackflowError('TF_TIMEOUT', 'too slow');
                return [{ rows: found.length, found: found.slice(0, holds) }];
              },
              isCut: ([answer]) => Number(answer!.rows) > holds,
              take: ([answer]: readonly Row[]) => taken.push(...(answer!.found as Entry[])),
            },
            slice,
          );
        }
        expect(taken.sort(byPlace)).toEqual([...rows].sort(byPlace));
      },
    ),
  );
});
