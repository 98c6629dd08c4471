import { deflateRawSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { eventId, indexOf } from '../../../../src/loadtest/profile/event-id.ts';
import { samplePlan } from '../../../support/load-plan.ts';
import { fc } from '../../../support/property.ts';

const PLAN = samplePlan();
const index = fc.nat(2 ** 32 - 1);
const time = fc.integer({ min: 0, max: 2 ** 48 - 1 });

test('an id is a UUIDv7 of its millisecond, from which the index comes back', () => {
  fc.assert(
    fc.property(index, time, (n, atMs) => {
      const id = eventId(PLAN, n, atMs);
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(Number.parseInt(id.replace('-', '').slice(0, 12), 16)).toBe(atMs);
      expect(indexOf(PLAN, id)).toBe(n);
    }),
  );
});

test('an id of another run, of another seed or with one digit changed is none of the run', () => {
  fc.assert(
    fc.property(index, fc.integer({ min: 14, max: 35 }), fc.integer({ min: 1, max: 15 }), (n, at, change) => {
      const id = eventId(PLAN, n, 1_760_000_000_000);
      fc.pre(id[at] !== '-');
      const digit = (Number.parseInt(id[at]!, 16) ^ change).toString(16);
      expect(indexOf(PLAN, id.slice(0, at) + digit + id.slice(at + 1))).toBeNull();
      expect(indexOf(samplePlan({ run: '0a1b2c3e' }), id)).toBeNull();
      expect(indexOf(samplePlan({ seed: PLAN.seed + 1 }), id)).toBeNull();
    }),
  );
  expect(indexOf(PLAN, '')).toBeNull();
  expect(indexOf(PLAN, 'zzzzzzzz-zzzz-7zzz-8zzz-zzzzzzzzzzzz')).toBeNull();
});

test('ids of a run are as hard to compress as random ones: 74 bits of each stay', () => {
  const ids = Array.from({ length: 20_000 }, (_, n) => eventId(PLAN, n, 1_760_000_000_000));
  expect(new Set(ids).size).toBe(ids.length);
  const bytes = Buffer.from(ids.join('').replaceAll('-', ''), 'hex');
  expect(deflateRawSync(bytes, { level: 9 }).length / ids.length).toBeGreaterThan(74 / 8);
});
