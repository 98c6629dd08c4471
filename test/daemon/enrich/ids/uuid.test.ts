import { describe, expect, it } from 'vitest';
import { createUuidV7 } from '../../../../daemon/enrich/ids/uuid.ts';
import { fc } from '../../../support/property.ts';
import { NOON, seededFill } from '../rig.ts';

const V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('createUuidV7', () => {
  it('makes ids of version 7 that carry the millisecond', () => {
    const id = createUuidV7(seededFill(3))(NOON);
    expect(id).toMatch(V7);
    expect(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)).toBe(NOON);
  });

  it('makes growing, distinct ids: 20,000 in one millisecond', () => {
    const uuid = createUuidV7(seededFill(3));
    let last = '';
    for (let index = 0; index < 20_000; index++) {
      const id = uuid(NOON);
      expect(id > last && V7.test(id)).toBe(true);
      last = id;
    }
  });

  it('keeps growing whatever the clock does', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: NOON - 5_000, max: NOON + 5_000 }), { minLength: 2 }),
        fc.integer(),
        (clock, seed) => {
          const uuid = createUuidV7(seededFill(seed));
          const ids = clock.map((now) => uuid(now));
          expect(ids).toEqual(ids.toSorted());
          expect(new Set(ids).size).toBe(ids.length);
        },
      ),
    );
  });

  it('draws its randomness in blocks', () => {
    let draws = 0;
    const uuid = createUuidV7(() => draws++);
    for (let index = 0; index < 800; index++) uuid(NOON);
    expect(draws).toBe(1);
  });
});
