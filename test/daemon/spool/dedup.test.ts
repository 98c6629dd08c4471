import { beforeEach, describe, expect, it } from 'vitest';
import { Dedup } from '../../../daemon/spool/dedup.ts';
import { MemoryKeyStore } from '../../support/key-store.ts';

const FULL = Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' });

let store: MemoryKeyStore;
let dedup: Dedup;
let clock: number;

beforeEach(() => {
  clock = 1_000_000;
  store = new MemoryKeyStore();
  dedup = new Dedup(store, { windowMs: 1_000, rowsMax: 10_000, recentMax: 100 }, () => clock);
});

/** Claims `count` new keys and returns them. */
function claim(prefix: string, count: number): string[] {
  const keys = Array.from({ length: count }, (_, index) => `${prefix}${index}`);
  for (const key of keys) expect(dedup.claim(key)).toBe(true);
  return keys;
}

describe('the window of client ids', () => {
  it('takes a key once, before and after its segment was sealed', async () => {
    const keys = claim('a', 3);
    expect(keys.some((key) => dedup.claim(key))).toBe(false);
    await dedup.persist('01', keys);
    expect(keys.some((key) => dedup.claim(key))).toBe(false);
    expect(store.through).toBe('01');
  });

  it('takes a key again when its event was not committed', () => {
    dedup.release(claim('a', 1));
    expect(dedup.claim('a0')).toBe(true);
  });

  it('knows every key at every moment while they are moved', async () => {
    const keys = claim('k', 2_000);
    const moving = dedup.persist('01', keys);
    let moments = 0;
    let done = false;
    void moving.then(() => {
      done = true;
    });
    while (!done) {
      expect(keys.some((key) => dedup.claim(key))).toBe(false);
      moments++;
      await new Promise(setImmediate);
    }
    expect(moments).toBeGreaterThan(2);
  });

  it('says that a segment is stored only with the last of its keys', async () => {
    const seen: (string | undefined)[] = [];
    const remember = store.remember.bind(store);
    store.remember = (keys, at, through) => {
      seen.push(through);
      remember(keys, at, through);
    };
    await dedup.persist('01', claim('k', 1_200));
    expect(seen.length).toBeGreaterThan(2);
    expect(seen.filter((through) => through !== undefined)).toEqual(['01']);
    expect(seen.at(-1)).toBe('01');
  });

  it('lets keys go that are older than the window, or too many', async () => {
    await dedup.persist('01', claim('old', 5));
    clock += 1_001;
    await dedup.persist('02', claim('new', 5));
    expect([...store.keys.keys()]).toEqual(['new0', 'new1', 'new2', 'new3', 'new4']);

    const small = new Dedup(store, { windowMs: 1_000, rowsMax: 3 }, () => clock);
    small.claim('last');
    await small.persist('03', ['last']);
    await small.persist('04', ['later']);
    expect([...store.keys.keys()]).toEqual(['new4', 'last', 'later']);
  });
});

describe('when the store cannot be written', () => {
  it('keys stay known, and are stored with the next segment before it is called stored', async () => {
    const first = claim('a', 3);
    store.failure = FULL;
    await expect(dedup.persist('01', first)).rejects.toThrow(FULL);
    expect(first.some((key) => dedup.claim(key))).toBe(false);
    expect(store.through).toBe('');

    store.failure = null;
    const second = claim('b', 2);
    await dedup.persist('02', second);
    expect([...store.keys.keys()]).toEqual([...first, ...second]);
    expect(store.through).toBe('02');
  });

  it('memory stays bounded: the oldest segments are let go and counted', async () => {
    store.failure = FULL;
    for (const segment of ['01', '02', '03', '04']) {
      await expect(dedup.persist(segment, claim(`${segment}-`, 40))).rejects.toThrow(FULL);
    }
    expect(dedup.forgotten).toBe(80);
    expect(dedup.claim('01-0')).toBe(true);
    expect(dedup.claim('03-0')).toBe(false);
    store.failure = null;
    await dedup.persist('05', claim('last', 1));
    expect(store.keys.size).toBe(81);
  });

  it('keys of the segment that is being written are never let go', () => {
    const keys = claim('active', 500);
    expect(keys.some((key) => dedup.claim(key))).toBe(false);
    expect(dedup.forgotten).toBe(0);
  });
});
