import { describe, expect, test } from 'vitest';
import { parseDuration, parseRate, parseStages, parseWarmup, stagesOf } from '../../../../src/loadtest/plan/parse.ts';

const usage = (message: RegExp) =>
  expect.objectContaining({ code: 'TF_USAGE', message: expect.stringMatching(message) });

describe('a rate', () => {
  test.each([
    ['5000/s', 5_000],
    ['5k', 5_000],
    ['1.5k/s', 1_500],
    ['1M', 1_000_000],
    ['300/m', 5],
    ['1800/h', 0.5],
    ['7', 7],
  ])('%s is %d events per second', (text, rate) => {
    expect(parseRate('--rate', text)).toBe(rate);
  });

  test.each(['', '0', 'fast', '5m', '-5', '5k/d', '2M', '5 000', '1e3'])('%j is refused by name', (text) => {
    expect(() => parseRate('--rate', text)).toThrow(usage(/^--rate ".*" is no rate; write 5000\/s.*at most 1M\/s$/));
  });
});

describe('a duration', () => {
  test('is told in milliseconds', () => {
    expect(parseDuration('--duration', '2m', 1_000)).toBe(120_000);
  });

  test.each(['soon', '999ms', '30', '25h'])('%j is refused with what is allowed', (text) => {
    expect(() => parseDuration('--duration', text, 1_000)).toThrow(usage(/^--duration ".*" is no time from 1s to 24h/));
  });
});

describe('stages', () => {
  test('hold a rate, or go from one to the other', () => {
    expect(parseStages('--stages', '1k:30s, 1k-5k:1m,0:10s')).toEqual([
      { fromRate: 1_000, toRate: 1_000, durationMs: 30_000 },
      { fromRate: 1_000, toRate: 5_000, durationMs: 60_000 },
      { fromRate: 0, toRate: 0, durationMs: 10_000 },
    ]);
  });

  test.each(['', '1k', '1k:', ':30s', '1k:30s:2', '1-2-3:5s', '2M:30s', '1k:30s,,2k:1m'])('%j is refused', (text) => {
    expect(() => parseStages('--stages', text)).toThrow(usage(/^--stages ".*" is no stage; write RATE:TIME/));
  });

  test.each([
    ['1k:999ms', /is a stage with no time from 1s to 24h/],
    ['1:20h,1:20h', /lasts longer than 24h/],
    ['0:10s', /sends nothing/],
    ['1M:10h', /make 36000000000 events; at most 1000000000/],
    [Array(51).fill('1:1s').join(','), /has 51 stages; at most 50/],
  ])('%j is refused for what it asks', (text, message) => {
    expect(() => parseStages('--stages', text)).toThrow(usage(message));
  });

  test('of a rate with a ramp rise from nothing within the duration', () => {
    expect(stagesOf(100, 60_000, 10_000)).toEqual([
      { fromRate: 0, toRate: 100, durationMs: 10_000 },
      { fromRate: 100, toRate: 100, durationMs: 50_000 },
    ]);
    expect(stagesOf(100, 60_000, 0)).toEqual([{ fromRate: 100, toRate: 100, durationMs: 60_000 }]);
    expect(() => stagesOf(100, 60_000, 60_000)).toThrow(usage(/^--ramp of 60s is part of --duration/));
  });
});

test('a warm-up leaves something to measure', () => {
  const stages = stagesOf(100, 60_000, 0);
  expect(parseWarmup('--warmup', '10s', stages)).toBe(10_000);
  expect(parseWarmup('--warmup', '0s', stages)).toBe(0);
  expect(() => parseWarmup('--warmup', '1m', stages)).toThrow(
    usage(/^--warmup "1m" has to be shorter than the run of 60s/),
  );
});
