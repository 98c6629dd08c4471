import { expect, test } from 'vitest';
import { Fifo } from '../../../../src/loadtest/worker/fifo.ts';
import { fc } from '../../../support/property.ts';

test('gives back what was put in, oldest first, however it is filled and emptied', () => {
  const step = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: -40, max: -1 }), fc.constant(0));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const fifo = new Fifo<number>();
      const model: number[] = [];
      let next = 0;
      for (const count of steps) {
        if (count === 0) expect(fifo.clear()).toEqual(model.splice(0));
        for (let n = 0; n < count; n++) {
          fifo.push(next);
          model.push(next++);
        }
        for (let n = 0; n > count; n--) expect(fifo.shift()).toBe(model.shift());
        expect(fifo.length).toBe(model.length);
      }
    }),
  );
});
