import { expect, it } from 'vitest';
import { compareReports, comparisonText } from '../../../../src/loadtest/report/compare.ts';
import { lineWidth } from '../../../../src/terminal/lines.ts';
import { lookOf } from '../../../../src/terminal/look.ts';
import { hostileReport, LEDGER, madeUpFigures, madeUpReport, PLAN, percentiles } from './made-up.ts';

const { load } = madeUpFigures();
const a = madeUpReport();
const b = madeUpReport({
  plan: { ...PLAN, run: 'ffff0000', seed: 3 },
  latency: { ...percentiles(0.65), p999: null },
  load: { ...load, achievedRate: 4_000, dropped: 7 },
  ledger: { ...LEDGER, missing: 1 },
});
const figure = (name: string) => compareReports(a, b).figures.find((one) => one.name === name);

it('figures of two runs stand beside each other with their ratio and what became of them', () => {
  expect(figure('latency p50')).toMatchObject({ a: 1.3, b: 0.65, ratio: 0.5, change: 'better', unit: 'ms' });
  expect(figure('achieved')).toMatchObject({ change: 'worse' });
  expect(figure('stored')).toMatchObject({ ratio: 1, change: 'same' });
});

it('a figure that was zero or is not known has no ratio', () => {
  expect(figure('missing')).toMatchObject({ a: 0, b: 1, ratio: null, change: 'worse' });
  expect(figure('never sent')).toMatchObject({ ratio: null, change: 'worse' });
  expect(figure('latency p99.9')).toMatchObject({ b: null, ratio: null, change: 'same' });
  expect(JSON.parse(JSON.stringify(compareReports(a, b)))).toEqual(compareReports(a, b));
});

it('a twentieth either way is the same', () => {
  const near = madeUpReport({ load: { ...load, achievedRate: load.achievedRate * 1.04 } });
  expect(compareReports(a, near).figures[0]).toMatchObject({ name: 'achieved', change: 'same' });
});

it('what else was not the same is named', () => {
  expect(compareReports(a, a).differences).toEqual([]);
  expect(compareReports(a, b).differences).toEqual([{ name: 'seed', a: '42', b: '3' }]);
});

it.each([120, 80, 60, 40])('the text fits %i columns, hostile or not', (width) => {
  for (const other of [b, hostileReport()]) {
    const lines = comparisonText(compareReports(a, other), { width, look: lookOf('block', true) }).split('\n');
    expect(lines.filter((line) => lineWidth(line) > width)).toEqual([]);
  }
  const ascii = comparisonText(compareReports(a, hostileReport()), { width, look: lookOf('ascii', false) });
  expect(ascii).toMatch(/^[ -~\n]*$/);
});

it('the text says which run is which, and what is better or worse in words', () => {
  const text = comparisonText(compareReports(a, b), { width: 100, look: lookOf('block', false) });
  expect(text).toMatch(/A {2}1a2b3c4d .*PASSED\n B {2}ffff0000 .*FAILED/);
  expect(text).toContain('seed: 42 in A, 3 in B');
  expect(text).toMatch(/latency p50 +1.3 ms +0.7 ms +0.50x {2}better/);
  expect(text).toMatch(/missing +0 +1 +worse/);
});
