import { describe, expect, it } from 'vitest';
import type { ReportFigures } from '../../../../src/loadtest/report/report.ts';
import { failureOf } from '../../../../src/loadtest/report/verdict.ts';
import { LEDGER, madeUpFigures, madeUpReport, PLAN, percentiles } from './made-up.ts';

const { load, generator } = madeUpFigures();
const SLOW: Partial<ReportFigures> = { load: { ...load, achievedRate: 4_900, dropped: 12_000 } };
const TIRED: Partial<ReportFigures> = { generator: { ...generator, loopP99Ms: 31 } };

describe('a run', () => {
  it('that kept everything, its rate and its bounds has passed', () => {
    const report = madeUpReport({}, 'p99<250ms,errors<0.1%');
    expect(report).toMatchObject({ verdict: 'passed', reasons: [], generator: { valid: true } });
    expect(failureOf(report)).toBeNull();
  });

  it.each(['missing', 'duplicate', 'phantom', 'corrupt'] as const)('with one %s event has failed with 78', (kind) => {
    const report = madeUpReport({ ledger: { ...LEDGER, [kind]: 1 } });
    expect(report.verdict).toBe('failed');
    expect(failureOf(report)).toMatchObject({ code: 'TF_VERIFICATION', exit: 78 });
  });

  it('that missed a bound ends with 79 and says by how much', () => {
    const report = madeUpReport({}, 'p99<5ms');
    expect(report).toMatchObject({ verdict: 'slo-missed', reasons: ['p99<5ms was missed: 7.8 ms'] });
    expect(failureOf(report)).toMatchObject({ code: 'TF_SLO', exit: 79 });
  });

  it('that did not reach its rate ends with 75', () => {
    const report = madeUpReport(SLOW);
    expect(report.verdict).toBe('target-missed');
    expect(report.reasons[0]).toContain('4,900 of 5,000 events/s over 2m, 12,000 never sent');
    expect(failureOf(report)).toMatchObject({ code: 'TF_BUSY', exit: 75 });
  });

  it('within a hundredth of its rate has reached it', () => {
    expect(madeUpReport({ load: { ...load, achievedRate: 4_950 } }).verdict).toBe('passed');
  });

  it('of the closed model has no rate to reach', () => {
    const plan = { ...PLAN, model: 'closed' as const };
    expect(madeUpReport({ ...SLOW, plan, latency: null }).verdict).toBe('passed');
  });

  it('that was interrupted is told as such, and not for its rate', () => {
    const report = madeUpReport(SLOW, '', true);
    expect(report).toMatchObject({ verdict: 'interrupted', reasons: ['the run was ended before its plan was'] });
    expect(failureOf(report)).toMatchObject({ exit: 130 });
  });

  it('is judged by the gravest, and tells all of them in that order', () => {
    const lost = { ...SLOW, ...TIRED, ledger: { ...LEDGER, missing: 3 } };
    const report = madeUpReport(lost, 'p99<5ms', true);
    expect(report.verdict).toBe('failed');
    expect(report.reasons).toHaveLength(4);
    expect(report.reasons[0]).toBe('3 events are acknowledged and not there');
    expect(failureOf(report)!.hints).toEqual(report.reasons.slice(1));
    expect(madeUpReport({ ...SLOW, ...TIRED }, 'p99<5ms').verdict).toBe('slo-missed');
    expect(madeUpReport({ ...SLOW, ...TIRED }).verdict).toBe('invalid');
  });
});

describe('the generator is not to be believed', () => {
  it.each<[string, Partial<ReportFigures>, string]>([
    ['its loop was late', TIRED, 'late by 31 ms'],
    ['a worker used most of a core', { generator: { ...generator, cpu: 1.7 } }, '85% of a core per worker'],
    [
      'it sent late although connections were free',
      { load: { ...load, late: 60_000 }, service: percentiles(0.05) },
      '10% of the requests left late',
    ],
  ])('when %s', (_why, changes, reason) => {
    const report = madeUpReport(changes);
    expect(report).toMatchObject({ verdict: 'invalid', generator: { valid: false } });
    expect(report.reasons[0]).toContain(reason);
    expect(failureOf(report)).toMatchObject({ code: 'TF_BUSY', exit: 75 });
  });

  it('but not when all connections may have waited for the server', () => {
    const report = madeUpReport({ load: { ...load, late: 60_000 }, service: { ...percentiles(0.05), max: 1_400 } });
    expect(report).toMatchObject({ verdict: 'passed', generator: { valid: true } });
  });
});
