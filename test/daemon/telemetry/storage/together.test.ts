import { expect, test } from 'vitest';
import type { StorageAnswer } from '../../../../daemon/telemetry/storage/question.ts';
import { together } from '../../../../daemon/telemetry/storage/together.ts';

function answer(rows: number, fullestParts: number, table = 'events'): StorageAnswer {
  const figures = { rows, parts: 2, diskBytes: rows * 10, compressedBytes: rows * 9, uncompressedBytes: rows * 90 };
  const limits = { fullestPartition: `of ${rows}`, fullestParts, partsToDelay: 1_000, partsToThrow: 3_000 };
  return {
    tables: [{ name: table, ...figures, ...limits }],
    columns: [{ name: 'url', compressedBytes: rows, uncompressedBytes: rows * 2 }],
    mergesRunning: 1,
    merges: [],
    mutationsPending: 0,
    mutations: [],
  };
}

test('the storage of shards is that of one table, whose limits are those of the fullest shard', () => {
  const whole = together([answer(5, 7), answer(3, 9), answer(1, 1, 'other')]);
  expect(whole.tables).toMatchObject([
    { name: 'events', rows: 8, parts: 4, diskBytes: 80, fullestParts: 9, fullestPartition: 'of 3' },
    { name: 'other', rows: 1 },
  ]);
  expect(whole.columns).toEqual([{ name: 'url', compressedBytes: 9, uncompressedBytes: 18 }]);
  expect(whole.mergesRunning).toBe(3);
});

test('of one shard it is what that says', () => {
  const only = answer(5, 7);
  expect(together([only])).toBe(only);
});
