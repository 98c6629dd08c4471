import { expect, it } from 'vitest';
import { dedupKey } from '../../../daemon/spool/dedup-key.ts';
import { KEY_BYTES } from '../../../daemon/spool/record.ts';
import { eventId } from '../../support/events.ts';

const ID = 'ffeeddcc-bbaa-7988-8766-554433221100';

it('in the default account the key is the bytes of the id', () => {
  expect(Buffer.from(dedupKey('default', ID), 'latin1').toString('hex')).toBe(ID.replaceAll('-', ''));
});

it('every key has the length that a record gives it', () => {
  for (const account of ['default', 'a', '', 'ä'.repeat(32)]) {
    const key = dedupKey(account, ID);
    expect(key).toHaveLength(KEY_BYTES);
    expect(Buffer.from(key, 'latin1').toString('latin1')).toBe(key);
  }
});

it('the same id is another key in each account, and no account can name another one', () => {
  const keys = ['default', 'a', 'b', 'a/b', ''].map((account) => dedupKey(account, ID));
  expect(new Set(keys).size).toBe(keys.length);
});

it('different ids are different keys', () => {
  for (const account of ['default', 'other']) {
    const keys = new Set(Array.from({ length: 1_000 }, (_, number) => dedupKey(account, eventId(number))));
    expect(keys.size).toBe(1_000);
  }
});

it('keys of ids with a time lie in the order of time in every account, so that an index grows at its end', () => {
  const ids = Array.from(
    { length: 100 },
    (_, second) => `${(1_790_000_000_000 + second * 1_000).toString(16).padStart(12, '0')}7`,
  ).map((time) => `${time.slice(0, 8)}-${time.slice(8, 12)}-7000-8000-000000000000`);
  for (const account of ['default', 'other']) {
    const keys = ids.map((id) => dedupKey(account, id));
    expect(keys.toSorted()).toEqual(keys);
  }
});
