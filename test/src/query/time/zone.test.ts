import { describe, expect, it } from 'vitest';
import { Zone } from '../../../../src/query/time/zone.ts';

const zone = (name: string) => Zone.named(name)!;

describe('a time zone', () => {
  it('is known by its IANA name in any case and by nothing else', () => {
    expect(zone('europe/berlin').name).toBe('Europe/Berlin');
    for (const name of ['Mars/Olympus', '+02:00', '', "UTC'; DROP TABLE events"])
      expect(Zone.named(name)).toBeUndefined();
  });

  it.each([
    ['Europe/Berlin', { year: 2026, month: 3, day: 29 }, '2026-03-28T23:00:00.000Z'],
    ['Europe/Berlin', { year: 2026, month: 3, day: 30 }, '2026-03-29T22:00:00.000Z'],
    ['Asia/Kathmandu', { year: 2026, month: 1, day: 1 }, '2025-12-31T18:15:00.000Z'],
    ['America/New_York', { year: 2026, month: 14, day: 1 }, '2027-02-01T05:00:00.000Z'],
  ])('%s: the instant of a date is its midnight', (name, date, instant) => {
    expect(new Date(zone(name).instant(date)).toISOString()).toBe(instant);
  });

  it('begins a day at its first instant where midnight does not exist', () => {
    const midnight = zone('Africa/Cairo').instant({ year: 2026, month: 4, day: 24 });
    expect(new Date(midnight).toISOString()).toBe('2026-04-23T22:00:00.000Z');
    expect(zone('Africa/Cairo').iso(midnight)).toBe('2026-04-24T01:00:00+03:00');
  });

  it('takes the first of two instants that the wall shows twice', () => {
    const twice = zone('Europe/Berlin').instant({ year: 2026, month: 10, day: 25, hour: 2, minute: 30 });
    expect(zone('Europe/Berlin').iso(twice)).toBe('2026-10-25T02:30:00+02:00');
  });

  it('comes back to the same instant from the wall, to the millisecond', () => {
    for (const name of ['UTC', 'Europe/Berlin', 'Asia/Kathmandu', 'America/Sao_Paulo', 'Pacific/Apia']) {
      const instant = Date.UTC(2026, 5, 15, 12, 34, 56, 789);
      expect(zone(name).instant(zone(name).local(instant))).toBe(instant);
    }
  });

  it('writes an instant with its offset', () => {
    expect(zone('America/St_Johns').iso(Date.UTC(2026, 0, 1))).toBe('2025-12-31T20:30:00-03:30');
    expect(zone('UTC').iso(Date.UTC(2026, 0, 1))).toBe('2026-01-01T00:00:00+00:00');
  });
});
