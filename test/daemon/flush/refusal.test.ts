import { describe, expect, it } from 'vitest';
import { classifyRefusal } from '../../../daemon/flush/refusal.ts';

describe('a refusal of ClickHouse', () => {
  it.each([6, 27, 38, 41, 49, 53, 69, 70, 72, 117, 131, 321, 349, 376, 407, 469])('%i is about the rows', (code) => {
    expect(classifyRefusal(code)).toBe('data');
  });

  it.each([159, 209, 210, 319, 394])('%i leaves open what happened', (code) => {
    expect(classifyRefusal(code)).toBe('unknown');
  });

  it.each([173, 241])('%i, of memory, passes with fewer rows', (code) => {
    expect(classifyRefusal(code)).toBe('memory');
  });

  it.each([
    [33, 'a body that was cut'],
    [60, 'a missing table'],
    [242, 'a read-only table'],
    [243, 'a full disk'],
    [252, 'too many parts'],
    [516, 'a wrong password'],
    [0, 'a code that nobody knows'],
    [99_999, 'a code that does not exist yet'],
  ])('%i (%s) passes: the rows are kept and tried again', (code) => {
    expect(classifyRefusal(code)).toBe('other');
  });
});
