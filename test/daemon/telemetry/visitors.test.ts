import { expect, test } from 'vitest';
import { allocateVisitors, VisitorCount, VisitorRegister } from '../../../daemon/telemetry/visitors.ts';

const NOW = 1_700_000_000_000;
const MINUTE = 60_000;

function setUp(regions = 1) {
  const memory = allocateVisitors(regions);
  const registers = Array.from({ length: regions }, (_, region) => new VisitorRegister(memory, region));
  return { registers, count: new VisitorCount(memory) };
}

test('few visitors are counted exactly, however often they come', () => {
  const { registers, count } = setUp();
  expect(count.read(NOW)).toBe(0);
  for (let round = 0; round < 5; round++) {
    for (let visitor = 0; visitor < 20; visitor++) registers[0]!.add(`visitor-${visitor}`, NOW);
  }
  expect(count.read(NOW)).toBe(20);
});

test.each([1_000, 10_000, 200_000])('%d visitors are counted to 5 %%', (visitors) => {
  const { registers, count } = setUp();
  for (let visitor = 0; visitor < visitors; visitor++) registers[0]!.add(`visitor-${visitor}`, NOW);
  expect(Math.abs(count.read(NOW) / visitors - 1)).toBeLessThan(0.05);
});

test('a visitor of two collectors is one', () => {
  const { registers, count } = setUp(2);
  for (let visitor = 0; visitor < 30; visitor++) registers[visitor % 2]!.add(`visitor-${visitor}`, NOW);
  for (let visitor = 0; visitor < 30; visitor++) registers[0]!.add(`visitor-${visitor}`, NOW);
  expect(count.read(NOW)).toBe(30);
});

test('who was here five minutes ago is live, who was six minutes ago is not', () => {
  const { registers, count } = setUp();
  registers[0]!.add('a', NOW);
  registers[0]!.add('b', NOW + 3 * MINUTE);
  expect(count.read(NOW + 4.4 * MINUTE)).toBe(2);
  expect(count.read(NOW + 6 * MINUTE)).toBe(1);
  expect(count.read(NOW + 60 * MINUTE)).toBe(0);
  registers[0]!.add('c', NOW + 60 * MINUTE);
  expect(count.read(NOW + 60 * MINUTE)).toBe(1);
});
