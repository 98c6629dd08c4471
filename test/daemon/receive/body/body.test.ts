import { describe, expect, it } from 'vitest';
import { type Body, readBody } from '../../../../daemon/receive/body/body.ts';
import { isFailure } from '../../../../daemon/receive/failure.ts';
import { fc, propertyRuns } from '../../../support/property.ts';

const EVENTS_MAX = 1_000;
const read = (text: string, media: 'json' | 'lines' = 'json') => readBody(Buffer.from(text), media, EVENTS_MAX) as Body;

/** A key that ends in a backslash is read with an underscore behind it (`parse-json.ts`). */
const ENDS_IN_BACKSLASH = /(?:\\\\|\\u005c)"\s*:/i;
/** JSON within the limits of an event. */
const event = fc
  .dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 }), { maxKeys: 8 })
  .filter((value) => !ENDS_IN_BACKSLASH.test(JSON.stringify(value)));
const space = fc.constantFrom('', ' ', '\n', '\t\r\n');

describe('readBody', () => {
  it('reads any array as JSON.parse does', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 20 }), space, fc.nat(2), (events, around, indent) => {
        const { wires, faults } = read(around + JSON.stringify(events, null, indent) + around);
        expect(wires).toEqual(JSON.parse(JSON.stringify(events)));
        expect(faults.size).toBe(0);
      }),
    );
  });

  it('reads any object as JSON.parse does', () => {
    fc.assert(
      fc.property(event, space, fc.nat(2), (object, around, indent) => {
        const { wires } = read(around + JSON.stringify(object, null, indent) + around);
        expect(wires).toEqual([JSON.parse(JSON.stringify(object))]);
      }),
    );
  });

  it('reads lines alike by type and by shape', () => {
    fc.assert(
      fc.property(fc.array(event, { minLength: 2, maxLength: 20 }), (events) => {
        const lines = events.map((object) => JSON.stringify(object)).join('\n');
        const expected = JSON.parse(JSON.stringify(events));
        expect(read(lines, 'lines').wires).toEqual(expected);
        expect(read(lines).wires).toEqual(expected);
      }),
    );
  });

  it('calls malformed exactly what JSON.parse does not take, wherever a body is broken', () => {
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 3 }), fc.nat(), fc.string(), (events, at, inserted) => {
        const sound = JSON.stringify(events);
        const place = at % sound.length;
        const broken = sound.slice(0, place) + inserted + sound.slice(place + 1);
        // Three objects in a row without their array are lines, which have a rule of their own.
        fc.pre(broken.startsWith('[') && !ENDS_IN_BACKSLASH.test(broken));
        const { wires, faults } = read(broken);
        let expected: unknown;
        try {
          expected = JSON.parse(broken);
        } catch {
          expected = undefined;
        }
        if (expected === undefined) expect([...faults.values()]).toMatchObject([{ reason: 'bad_json' }]);
        else expect(wires).toEqual(expected);
      }),
    );
  });

  it('comes back from any bytes with as many faults as it says, within the limit of events', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom('json', 'lines'), (bytes, media) => {
        const body = readBody(Buffer.from(bytes), media, 10);
        if (isFailure(body)) expect(body.code).toBe('too_many_events');
        else expect(Math.max(-1, ...body.faults.keys())).toBeLessThan(body.wires.length);
      }),
      { numRuns: propertyRuns(2_000) },
    );
  });

  it('leaves out of an array what is over a limit and keeps every other in its place', () => {
    const deep = `${'{"a":'.repeat(20)}1${'}'.repeat(20)}`;
    fc.assert(
      fc.property(fc.array(fc.option(event), { minLength: 1, maxLength: 20 }), (events) => {
        const text = events.map((object) => (object === null ? deep : JSON.stringify(object))).join(' , ');
        const { wires, faults } = read(`[${text}]`);
        const bad = events.flatMap((object, index) => (object === null ? [index] : []));
        expect([...faults.keys()]).toEqual(bad);
        expect(wires).toEqual(JSON.parse(JSON.stringify(events)));
      }),
    );
  });
});
