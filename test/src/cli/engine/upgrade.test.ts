import { expect, test } from 'vitest';
import { barText } from '../../../../src/cli/engine/pull-progress.ts';
import { imageToUpgradeTo } from '../../../../src/cli/engine/upgrade.ts';
import { PINNED_IMAGE } from '../../../../src/engine/docker/engine-spec.ts';

test.each([
  ['nothing kept', undefined, PINNED_IMAGE],
  ['an older official image', 'clickhouse/clickhouse-server:26.3.9.8', PINNED_IMAGE],
  [
    'a newer official image, which it keeps',
    'clickhouse/clickhouse-server:27.1.1.1',
    'clickhouse/clickhouse-server:27.1.1.1',
  ],
  ['a moving tag, which is fetched anew', 'clickhouse/clickhouse-server:26.8', 'clickhouse/clickhouse-server:26.8'],
  ['an image of somebody else', 'registry.example/clickhouse:1', 'registry.example/clickhouse:1'],
])('an upgrade without a name goes on from %s', (_name, image, expected) => {
  expect(imageToUpgradeTo(image === undefined ? {} : { image })).toBe(expected);
});

test('the bar of a pull shows share, size and layers, also before anything is known', () => {
  const MIB = 1024 * 1024;
  const progress = { image: 'i:1', bytes: 50 * MIB, bytesTotal: 200 * MIB, layersDone: 1, layers: 4 };
  expect(barText(progress)).toMatch(/^pulling i:1 █{8}░{22} 25 % {2}50\.0 MiB of 200\.0 MiB, 1 of 4 layers$/);
  expect(barText({ ...progress, bytes: 0, bytesTotal: 0 })).toContain('░ 0 %');
});
