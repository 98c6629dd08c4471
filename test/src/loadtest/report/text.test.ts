import { describe, expect, it } from 'vitest';
import { reportText } from '../../../../src/loadtest/report/text.ts';
import { lineWidth, stripColours } from '../../../../src/terminal/lines.ts';
import { lookOf } from '../../../../src/terminal/look.ts';
import {
  HOSTILE,
  hostileReport,
  LEDGER,
  madeUpFigures,
  madeUpReport,
  madeUpSeconds,
  PLAN,
  percentiles,
} from './made-up.ts';

const PLAIN = lookOf('block', false);
const FAULTS = [{ name: 'kill-daemon@60s', atMs: 60_003, told: 'killed the daemon (pid 7)', recoveredMs: 1_930 }];
const reports = {
  passed: madeUpReport({ faults: FAULTS }, 'p99<250ms,lag<500ms'),
  hostile: hostileReport(),
  empty: madeUpReport({
    latency: null,
    service: percentiles(0, 0),
    server: null,
    visibility: null,
    ledger: null,
    seconds: [],
    rejectedBy: {},
    plan: { ...PLAN, model: 'closed' },
  }),
  'one second': madeUpReport({ seconds: madeUpSeconds(1) }),
  'three seconds': madeUpReport({ seconds: madeUpSeconds(3) }),
  'huge numbers': madeUpReport({
    ledger: { ...LEDGER, missing: 123_456_789, duplicate: 1_000_000_000, acknowledged: 1e9, rows: 1e9 },
    load: { ...madeUpFigures().load, targetRate: 1_000_000, achievedRate: 1_000_000, sent: 1e9, scheduled: 1e9 },
    latency: percentiles(3_000),
  }),
};

describe.each(Object.entries(reports))('the text of a report (%s)', (_name, report) => {
  it.each([200, 120, 100, 90, 80, 60, 40, 10])('fits %i columns', (width) => {
    for (const [symbols, colours] of [
      ['block', true],
      ['block', false],
      ['braille', false],
      ['ascii', false],
    ] as const) {
      const lines = reportText(report, { width, look: lookOf(symbols, colours) }).split('\n');
      const tooLong = lines.filter((line) => lineWidth(line) > Math.max(40, width));
      expect(tooLong).toEqual([]);
    }
  });

  it('has nothing in it that a terminal obeys', () => {
    const text = stripColours(reportText(report, { width: 100, look: lookOf('block', true) }));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u200b-\u200f]/);
    expect(reportText(report, { width: 100, look: lookOf('ascii', false) })).toMatch(/^[ -~\n]*$/);
  });
});

describe('the text of a report', () => {
  const text = (report = reports.passed, width = 100) => reportText(report, { width, look: PLAIN });

  it('begins with the verdict and what speaks against it', () => {
    expect(text().split('\n').slice(0, 4).join('\n')).toMatch(
      /● SLO MISSED {2}load test 1a2b3c4d[\s\S]*lag<500ms was missed: 1.02 s/,
    );
    expect(text(madeUpReport())).toMatch(/^ ● PASSED/);
  });

  it('tells rates, percentiles, outcomes, bounds, faults and conditions', () => {
    expect(text()).toMatch(/5,000\/s +4,999\/s >99.9% +4,990\/s/);
    expect(text()).toMatch(/from intended start +1.3 ms +2.6 ms +7.8 ms +26 ms +91 ms +117 ms +600,000/);
    expect(text()).toMatch(/acknowledged to found +520 ms +n\/a/);
    expect(text()).toMatch(/accepted +599,400 +99.9%/);
    expect(text()).toMatch(/400 {2}missing/);
    expect(text()).toMatch(/met +p99<250ms +7.8 ms/);
    expect(text()).toMatch(/MISSED +lag<500ms +1.02 s/);
    expect(text()).toContain('killed the daemon (pid 7); answered again after 1.93 s');
    expect(text()).toContain('generator and server share it');
    expect(text()).toContain('43.2 bytes');
  });

  it('never rounds what is not all to all', () => {
    expect(text()).toMatch(/on time 99.8% · late 0.2%/);
  });

  it('draws the four zeros large', () => {
    expect(text()).toMatch(
      /█▀█ +█▀█ +█▀█ +█▀█ +│\n│ +█ █ +█ █ +█ █ +█ █ +│\n│ +▀▀▀ +▀▀▀ +▀▀▀ +▀▀▀ +│\n│ +missing +duplicate +phantom +corrupt/,
    );
  });

  it('names violations by their ids', () => {
    const examples = [
      { kind: 'missing' as const, eventId: '0199-1', n: 12 },
      { kind: 'phantom' as const, eventId: '0199-2', n: null },
    ];
    const failed = text(madeUpReport({ ledger: { ...LEDGER, missing: 1, phantom: 1, examples } }));
    expect(failed).toContain('missing 0199-1 (event 12)');
    expect(failed).toContain('phantom 0199-2');
  });

  it('says what the latency is worth', () => {
    expect(text(reports.empty)).toContain('nothing was answered');
    const closed = madeUpReport({ latency: null, plan: { ...PLAN, model: 'closed' } });
    expect(text(closed)).toContain('closed model: latency under-reports stalls');
    const slow = madeUpReport({ load: { ...madeUpFigures().load, achievedRate: 10 } });
    expect(text(slow)).toContain('below the target rate');
    const tired = madeUpReport({ generator: { ...madeUpFigures().generator, cpu: 2 } });
    expect(text(tired)).toContain('INVALID: the generator was too slow');
  });

  it('says that nothing was verified, and that the server told nothing', () => {
    expect(text(reports.empty)).toContain('not verified: nothing is known of what was stored');
    expect(text(reports.empty)).toContain('no control socket here');
  });

  it('shows the text of a stranger escaped and bounded', () => {
    expect(text(reports.hostile)).toContain('\\u{1b}[2J');
    expect(text(reports.hostile)).not.toContain(HOSTILE[0]!);
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`reason ${index}`, 1]));
    expect(text(madeUpReport({ rejectedBy: many }))).toContain('and 30 more reasons');
  });
});
