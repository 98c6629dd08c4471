import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { shardLanes } from '../../../daemon/threads/lane-names.ts';
import { temporaryHome } from '../../support/temporary-home.ts';

test('lanes of shards that this engine has not are found, and nothing else in the folder', () => {
  const folder = temporaryHome();
  for (const name of ['events', 'events-2', 'events-10', 'events-3', 'events-old', 'payments-4']) {
    mkdirSync(join(folder, name));
  }
  expect(shardLanes('events', 1, folder)).toEqual([
    { name: 'events', shard: 1 },
    { name: 'events-2', shard: 2 },
    { name: 'events-3', shard: 3 },
    { name: 'events-10', shard: 10 },
  ]);
  expect(shardLanes('events', 4, folder).map(({ name }) => name)).toEqual([
    'events',
    'events-2',
    'events-3',
    'events-4',
    'events-10',
  ]);
  expect(shardLanes('payments', 1, folder).map(({ name }) => name)).toEqual(['payments', 'payments-4']);
});
