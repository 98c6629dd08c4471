import { expect, test } from 'vitest';
import { memoryCap, serverConfigXml, usersConfigXml } from '../../../src/engine/server-config.ts';
import { TEST_LIMITS } from '../../support/engine.ts';

const GIB = 1024 ** 3;

test.each([
  ['what was configured', 700, 64 * GIB, 700],
  ['a quarter of the machine', 0, 8 * GIB, 2 * GIB],
  ['512 MiB on a small machine', 0, GIB, GIB / 2],
  ['4 GiB on a large machine', 0, 512 * GIB, 4 * GIB],
])('the engine may use %s', (_name, configured, machine, expected) => {
  expect(memoryCap(configured, machine)).toBe(expected);
});

test('paths with characters of XML stay what they are', () => {
  const xml = serverConfigXml({ logFile: '/a & <b>/c.log', usersFile: '/u.xml', memoryBytesMax: 1 });
  expect(xml).toContain('<log>/a &amp; &lt;b&gt;/c.log</log>');
});

test('passwords are written as hashes only, and one read gets half of the memory at the most', () => {
  const xml = usersConfigXml({
    database: 'trackflow',
    writerPassword: 'writer-secret',
    readerPassword: 'reader-secret',
    limits: { ...TEST_LIMITS, memoryBytesMax: 4 * GIB },
    memoryBytesMax: GIB,
  });
  expect(xml).not.toContain('-secret');
  expect(xml).toContain(`<max_memory_usage>${GIB / 2}</max_memory_usage>`);
  expect(xml).toContain('<grants><query>GRANT SELECT ON trackflow.*</query></grants>');
});
