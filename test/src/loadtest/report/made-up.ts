import { OUTCOMES } from '../../../../src/loadtest/measure/outcome.ts';
import { type LoadPlan, PLAN_SCHEMA } from '../../../../src/loadtest/plan/plan.ts';
import type {
  LedgerVerdict,
  Percentiles,
  Report,
  ReportFigures,
  SecondFigures,
} from '../../../../src/loadtest/report/report.ts';
import { parseSlos } from '../../../../src/loadtest/report/slo.ts';
import { conclude } from '../../../../src/loadtest/report/verdict.ts';

export const HOSTILE = [
  '\u001b[2J\u001b]0;owned\u0007',
  '<script>alert(1)</script>',
  `"onmouseover='x' &amp; ${'x'.repeat(300)}`,
  '東京🎉👩‍👩‍👧',
  'user\u202etxt\nnext',
];

export const PLAN: LoadPlan = {
  schema: PLAN_SCHEMA,
  run: '1a2b3c4d',
  seed: 42,
  url: 'http://127.0.0.1:8080',
  model: 'open',
  arrival: 'constant',
  stages: [{ fromRate: 5_000, toRate: 5_000, durationMs: 130_000 }],
  warmupMs: 10_000,
  profile: 'web',
  sizes: [1],
  connections: 64,
  workers: 2,
  resendRate: 0.01,
  badRate: 0.001,
  timeoutMs: 10_000,
  startedAt: 1_767_225_600_000,
};

export const LEDGER: LedgerVerdict = {
  acknowledged: 649_350,
  rejected: 650,
  unknown: 0,
  resent: 6_500,
  missing: 0,
  duplicate: 0,
  phantom: 0,
  corrupt: 0,
  unknownPresent: 0,
  rows: 649_350,
  examples: [],
  ms: 3_210,
};

export function percentiles(scale: number, count = 600_000): Percentiles {
  return { count, p50: scale, p90: 2 * scale, p99: 6 * scale, p999: 20 * scale, p9999: 70 * scale, max: 90 * scale };
}

/** Seconds with a dip in the middle, as a killed daemon makes it. */
export function madeUpSeconds(count: number): SecondFigures[] {
  return Array.from({ length: count }, (_, second) => {
    const dip = second >= count / 2 && second < count / 2 + 3;
    return {
      second,
      scheduled: 5_000,
      sent: 5_000,
      acknowledged: dip ? 900 : 4_950 + ((second * 37) % 100),
      failed: dip ? 300 : 0,
      p50: dip ? 900 : 1.2,
      p99: dip ? 2_400 : 6 + ((second * 13) % 7),
      stored: dip ? null : 4_900 + ((second * 53) % 200),
      queueRows: dip ? null : (second * 97) % 4_000,
      lagMs: dip ? null : 300 + ((second * 31) % 400),
      generatorCpu: 0.41,
      daemonCpu: dip ? null : 0.62,
      engineCpu: dip ? null : 0.2,
    };
  });
}

/** Figures of a run that went well, with changes. */
export function madeUpFigures(changes: Partial<ReportFigures> = {}): ReportFigures {
  const outcomes = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as ReportFigures['outcomes'];
  return {
    plan: PLAN,
    conditions: {
      startedAt: '2026-01-01T00:00:00.000Z',
      endedAt: '2026-01-01T00:02:15.000Z',
      trackflow: '0.1.0',
      node: '24.3.0',
      engine: '26.7.2.1',
      cpu: 'AMD EPYC 7B13',
      cores: 2,
      memoryBytes: 24 * 1024 ** 3,
      kernel: 'Linux 6.1.0',
      sameHost: true,
      strategy: 'hybrid',
      requestBytes: 412,
    },
    load: {
      targetRate: 5_000,
      achievedRate: 4_999,
      scheduled: 600_000,
      sent: 600_000,
      onTime: 598_800,
      late: 1_200,
      dropped: 0,
      measuredMs: 120_000,
      storedPerSecond: 4_990,
    },
    latency: percentiles(1.3),
    service: percentiles(1.1),
    failureLatency: percentiles(0, 0),
    outcomes: { ...outcomes, accepted: 599_400, rejected: 600 },
    rejectedBy: { missing: 400, too_long: 200 },
    generator: { cpu: 0.41, loopP99Ms: 1.6, loopMaxMs: 14, gcMs: 220 },
    server: {
      daemonCpu: 0.62,
      engineCpu: 0.21,
      queueRowsPeak: 6_120,
      spoolBytesPeak: 2_400_000,
      insertP99Ms: 62,
      rowsPerInsert: 4_980,
      partsPeak: 14,
      mergesPeak: 2,
      lagP50Ms: 512,
      lagP99Ms: 1_020,
      lagMaxMs: 1_100,
      daemonRssPeak: 231_000_000,
      engineRssPeak: 912_000_000,
      daemonRssSlope: 120_000,
      engineRssSlope: -40_000,
      bytesPerEvent: 43.2,
    },
    visibility: { count: 61, p50: 520, p90: null, p99: null, p999: null, p9999: null, max: 1_120 },
    ledger: LEDGER,
    faults: [],
    seconds: madeUpSeconds(130),
    ...changes,
  };
}

/** A report of a run that went well, with changes in its figures. */
export function madeUpReport(changes: Partial<ReportFigures> = {}, slos = '', interrupted = false): Report {
  return conclude(madeUpFigures(changes), { slos: slos === '' ? [] : parseSlos(slos), interrupted });
}

/** A report in which every text that a stranger may choose is hostile. */
export function hostileReport(): Report {
  const { conditions } = madeUpFigures();
  return madeUpReport({
    rejectedBy: Object.fromEntries(HOSTILE.map((reason, index) => [reason, index + 1])),
    conditions: { ...conditions, trackflow: HOSTILE[0]!, engine: HOSTILE[1]!, strategy: HOSTILE[2]!, cpu: HOSTILE[3]! },
    faults: [{ name: 'kill-daemon@60s', atMs: 65_000, told: `failed: ${HOSTILE.join(' ')}`, recoveredMs: null }],
    ledger: { ...LEDGER, missing: 1, examples: [{ kind: 'missing', eventId: HOSTILE[1]!, n: 7 }] },
  });
}
