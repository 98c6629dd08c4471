import { describe, expect, it } from 'vitest';
import { AGE_MS_HARD_MAX, Strategy, type StrategyName, shouldSeal } from '../../../daemon/spool/strategy.ts';
import { STRATEGIES } from '../../../src/config/schema.ts';

const LIMITS = { rowsMax: 50_000, bytesMax: 16_000_000, ageMsMax: 1_000, targetMs: 500 };

/** Whether a strategy seals a segment of these rows, bytes and age with `waiting` batches before it. */
function seals(name: StrategyName, rows: number, bytes: number, ageMs: number, waiting = 0): boolean {
  return shouldSeal({ rows, bytes, ageMs }, waiting, new Strategy(name, LIMITS).trigger, LIMITS);
}

describe.each(STRATEGIES)('the strategy %s', (name) => {
  it('never seals an empty segment', () => {
    expect(seals(name, 0, 2_000, 1e9)).toBe(false);
  });

  it('never lets a short batch wait for ever', () => {
    expect(AGE_MS_HARD_MAX).toBeLessThanOrEqual(60_000);
    expect(seals(name, 1, 100, AGE_MS_HARD_MAX)).toBe(true);
  });

  it('never lets a batch grow over its limits, also while others wait', () => {
    expect(seals(name, LIMITS.rowsMax, 100, 0, 3)).toBe(true);
    expect(seals(name, 1, LIMITS.bytesMax, 0, 3)).toBe(true);
  });

  it('gathers while a batch is on its way', () => {
    expect(seals(name, LIMITS.rowsMax - 1, LIMITS.bytesMax - 1, AGE_MS_HARD_MAX, 1)).toBe(false);
  });
});

describe('a strategy seals', () => {
  it('immediate: whatever there is', () => {
    expect(seals('immediate', 1, 1, 0)).toBe(true);
  });

  it('time: by age alone', () => {
    expect(seals('time', 49_999, 15_999_999, 999)).toBe(false);
    expect(seals('time', 1, 100, 1_000)).toBe(true);
  });

  it('size: by rows and bytes, and at the latest after the hard limit of age', () => {
    expect(seals('size', 49_999, 15_999_999, AGE_MS_HARD_MAX - 1)).toBe(false);
    expect(seals('size', 50_000, 100, 0)).toBe(true);
    expect(seals('size', 1, 16_000_000, 0)).toBe(true);
  });

  it('hybrid: by whichever comes first', () => {
    expect(seals('hybrid', 49_999, 15_999_999, 999)).toBe(false);
    expect(seals('hybrid', 50_000, 1, 0)).toBe(true);
    expect(seals('hybrid', 1, 16_000_000, 0)).toBe(true);
    expect(seals('hybrid', 1, 1, 1_000)).toBe(true);
  });

  it('memory: at an eighth of the bytes', () => {
    expect(seals('memory', 100, 1_999_999, 999)).toBe(false);
    expect(seals('memory', 100, 2_000_000, 0)).toBe(true);
  });

  it('adaptive: with few rows at first', () => {
    expect(seals('adaptive', 9_999, 1_000_000, 999)).toBe(false);
    expect(seals('adaptive', 10_000, 1_000_000, 0)).toBe(true);
  });
});

describe('all strategies but adaptive', () => {
  it.each(STRATEGIES.filter((name) => name !== 'adaptive'))('%s is constant', (name) => {
    const strategy = new Strategy(name, LIMITS);
    const before = strategy.trigger;
    strategy.inserted(50_000, 20_000);
    expect(strategy.trigger).toEqual(before);
  });
});

describe('adaptive', () => {
  /** Runs inserts of a server that takes `fixedMs` for each and `msPerRow`; returns the last durations. */
  function settle(fixedMs: number, msPerRow: number, limits = LIMITS): { strategy: Strategy; durations: number[] } {
    const strategy = new Strategy('adaptive', limits);
    const durations: number[] = [];
    for (let round = 0; round < 60; round++) {
      const { rows } = strategy.trigger;
      const duration = fixedMs + rows * msPerRow;
      durations.push(duration);
      strategy.inserted(rows, duration);
      expect(strategy.trigger.rows).toBeLessThanOrEqual(limits.rowsMax);
      expect(strategy.trigger.ageMs).toBeLessThanOrEqual(limits.ageMsMax);
    }
    return { strategy, durations: durations.slice(-10) };
  }

  it.each([
    ['a slow server', 100, 0.2],
    ['a quick server', 5, 0.012],
    ['a middling server', 50, 0.05],
  ])('comes to rest between half the target and the target with %s', (_, fixedMs, msPerRow) => {
    const { durations } = settle(fixedMs, msPerRow);
    for (const duration of durations) {
      expect(duration).toBeGreaterThanOrEqual(LIMITS.targetMs / 2);
      expect(duration).toBeLessThanOrEqual(LIMITS.targetMs);
    }
    expect(new Set(durations).size).toBe(1);
  });

  it('goes to the limit of rows when that is still quick', () => {
    expect(settle(1, 0.0001).strategy.trigger.rows).toBe(LIMITS.rowsMax);
  });

  it('does not go below the rows at which the cost is per insert', () => {
    expect(settle(5_000, 0.1).strategy.trigger.rows).toBe(1_000);
  });

  it('stays within a limit of rows that is smaller than that', () => {
    const limits = { ...LIMITS, rowsMax: 10 };
    expect(settle(5_000, 1, limits).strategy.trigger.rows).toBe(10);
  });

  it('waits longer where inserts take longer, within bounds', () => {
    const strategy = new Strategy('adaptive', LIMITS);
    strategy.inserted(10, 1);
    expect(strategy.trigger.ageMs).toBe(100);
    strategy.inserted(10, 100);
    expect(strategy.trigger.ageMs).toBe(400);
    strategy.inserted(10, 30_000);
    expect(strategy.trigger.ageMs).toBe(1_000);
  });

  it('does not grow on short batches: they say nothing about long ones', () => {
    const strategy = new Strategy('adaptive', LIMITS);
    for (let round = 0; round < 20; round++) strategy.inserted(5, 2);
    expect(strategy.trigger.rows).toBe(10_000);
  });
});
