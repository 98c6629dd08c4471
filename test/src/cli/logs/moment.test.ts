import { describe, expect, it } from 'vitest';
import { parseMoment } from '../../../../src/cli/logs/moment.ts';
import { localIso } from '../../../../src/cli/logs/screen.ts';

const NOW = Date.UTC(2026, 10, 21, 8, 6, 4, 123);

describe('a moment as typed', () => {
  it.each([
    ['10m', NOW - 600_000],
    ['1.5h', NOW - 5_400_000],
    ['2026-11-21T08:00:00Z', Date.UTC(2026, 10, 21, 8)],
    ['2026-11-21T09:00+01:00', Date.UTC(2026, 10, 21, 8)],
    ['2026-11-21T08:00', new Date(2026, 10, 21, 8).getTime()],
    ['2026-11-21 08:00:30', new Date(2026, 10, 21, 8, 0, 30).getTime()],
    ['2026-11-21', new Date(2026, 10, 21).getTime()],
  ])('%s', (text, at) => {
    expect(parseMoment(text, NOW)).toBe(at);
  });

  it.each(['', 'yesterday', '10x', '2026-13-40', '-5m', '12'.repeat(20)])('%j is refused', (text) => {
    expect(() => parseMoment(text, NOW)).toThrow(expect.objectContaining({ code: 'TF_USAGE' }));
  });

  it('is shown with the offset of this machine, and names the same instant', () => {
    expect(localIso(NOW)).toMatch(/^2026-11-2\dT\d\d:\d\d:04\.123[+-]\d\d:\d\d$/);
    expect(Date.parse(localIso(NOW))).toBe(NOW);
  });
});
