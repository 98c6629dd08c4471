import { expect, test } from 'vitest';
import { Sources, sourceFigures } from '../../../daemon/telemetry/sources.ts';

test('figures are those of the interval, the largest first', () => {
  const sources = new Sources();
  sources.accepted('acme', 'page_view', 100, 4, 1);
  sources.accepted('acme', 'page_view', 100, 400, 2);
  sources.duplicate('acme', 'page_view', 3);
  sources.rejected('acme', 'sign_up', 4);
  sources.rejected(undefined, { no: 'text' }, 5);
  const figures = sources.take().map(sourceFigures);
  expect(figures).toMatchObject([
    { account: 'acme', name: 'page_view', events: 2, bytes: 200, duplicates: 1, rejected: 0, lastSeenAt: 3 },
    { account: 'acme', name: 'sign_up', events: 0, rejected: 1, p50Ms: null, p99Ms: null },
    { account: 'default', name: '', rejected: 1 },
  ]);
  expect(figures[0]!.p50Ms).toBeLessThan(6);
  expect(figures[0]!.p99Ms).toBeGreaterThan(200);
  expect(sources.take()).toEqual([]);
});

test('names without end are bounded, and nothing of them is lost', () => {
  const sources = new Sources();
  for (let index = 0; index < 5_000; index++) sources.accepted('acme', `name-${index}`, 10, 1, index);
  for (let index = 0; index < 50; index++) sources.accepted('acme', 'name-7', 10, 1, index);
  const taken = sources.take();
  expect(taken).toHaveLength(201);
  expect(taken[0]!.name === '*' || taken.some(({ name }) => name === '*')).toBe(true);
  expect(taken.reduce((sum, { events }) => sum + events, 0)).toBe(5_050);
  expect(taken.find(({ name }) => name === 'name-7')!.events).toBe(51);
});

test('figures of several collectors add up', () => {
  const [one, two, whole] = [new Sources(), new Sources(), new Sources()];
  one.accepted('acme', 'page_view', 10, 1, 1);
  two.accepted('acme', 'page_view', 20, 1, 2);
  for (const delta of [...one.take(), ...two.take()]) whole.add(delta);
  expect(whole.take().map(sourceFigures)).toMatchObject([{ events: 2, bytes: 30, lastSeenAt: 2 }]);
});

test('a hostile name is cut', () => {
  const sources = new Sources();
  sources.rejected('a'.repeat(100_000), 'n'.repeat(100_000), 1);
  const [source] = sources.take();
  expect(source!.account.length + source!.name.length).toBeLessThan(300);
});
