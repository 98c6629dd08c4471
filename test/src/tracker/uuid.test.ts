import { afterEach, expect, it, vi } from 'vitest';
import { uuid } from '../../../src/tracker/uuid.ts';

afterEach(() => void vi.useRealTimers());

it('is a version 7 UUID that carries the time in its first 48 bits', () => {
  vi.useFakeTimers({ now: Date.UTC(2026, 0, 31, 9, 30) });
  const id = uuid();
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)).toBe(Date.UTC(2026, 0, 31, 9, 30));
});

it('sorts by time as text, also with a clock that stands at 1970', () => {
  const ids = [0, 1, 0xffff, 0x10000, Date.UTC(2026), Date.UTC(2500)].map((now) => {
    vi.useFakeTimers({ now });
    return uuid();
  });
  expect(ids.toSorted()).toEqual(ids);
});

it('is another one each time', () => {
  expect(new Set(Array.from({ length: 2_000 }, uuid)).size).toBe(2_000);
});
