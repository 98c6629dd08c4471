import { describe, expect, it } from 'vitest';
import { drawLiveFrame } from '../../../../src/loadtest/live/frame.ts';
import { liveKeyHandler } from '../../../../src/loadtest/live/live.ts';
import { LiveFigures, PHASES } from '../../../../src/loadtest/live/live-figures.ts';
import { LIVE_KEYMAP, LIVE_UI_DEFAULT } from '../../../../src/loadtest/live/ui.ts';
import { Axes } from '../../../../src/terminal/charts/axis.ts';
import { lineWidth, stripColours } from '../../../../src/terminal/lines.ts';
import { lookOf, type Symbols } from '../../../../src/terminal/look.ts';
import { HOSTILE, PLAN } from '../report/made-up.ts';
import { filled, madeUpSecond } from './made-up-seconds.ts';

const SIZES = [
  [200, 60],
  [120, 32],
  [80, 24],
  [78, 22],
  [60, 13],
  [40, 8],
  [30, 5],
  [10, 2],
  [1, 1],
] as const;

// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
const OBEYED = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u200b-\u200f]/;

function draw(live: LiveFigures, columns: number, rows: number, symbols: Symbols = 'block', colours = false) {
  return drawLiveFrame(
    { snapshot: live.getSnapshot(), look: lookOf(symbols, colours), axes: new Axes() },
    columns,
    rows,
  );
}

function text(live: LiveFigures, columns: number, rows: number): string {
  return draw(live, columns, rows).join('\n');
}

/** A run that goes as badly as it can, against a server that sends what it likes. */
function hostile(): LiveFigures {
  const live = new LiveFigures({ ...PLAN, url: `http://${HOSTILE[0]}` });
  const rejectedBy = Object.fromEntries(HOSTILE.map((reason, index) => [reason, 1e9 + index]));
  for (let second = 0; second < 20; second++) {
    const { events, requests, health, figures } = madeUpSecond(second);
    const outcomes = Object.fromEntries(Object.keys(requests.outcomes).map((outcome) => [outcome, 12_345_678]));
    live.push({
      ...madeUpSecond(second),
      figures: { ...figures, scheduled: 1e6, acknowledged: 1e6, failed: 1e6, lagMs: 3e6, queueRows: 1e9, p99: null },
      events: { ...events, rejectedBy, unknown: 1e8 },
      requests: { ...requests, outcomes: outcomes as typeof requests.outcomes, waiting: 1e7 },
      health: { ...health, loopP99Ms: 2_000, cpu: 2 },
      server: null,
    });
  }
  live.setFault({ name: `kill-daemon${HOSTILE[4]}`, atMs: 3_000 }, null);
  live.setFault({ name: 'two', atMs: 3_000 }, { name: 'two', atMs: 3_000, told: HOSTILE.join(''), recoveredMs: null });
  return live;
}

describe.each(SIZES)('a frame of %i columns and %i rows', (columns, rows) => {
  it.each(['well', 'badly', 'not yet'] as const)('fits whatever is shown of a run that goes %s', (how) => {
    const live = { well: () => filled(58), badly: hostile, 'not yet': () => new LiveFigures(PLAN) }[how]();
    for (const phase of PHASES) {
      live.setPhase(phase, phase === 'draining' ? null : 0.44);
      for (const change of [{}, { help: true }, { latency: 'lines' as const }, { windowMs: 3_600_000 }]) {
        live.update(() => ({ ...LIVE_UI_DEFAULT, ...change }));
        for (const [symbols, colours] of [
          ['block', true],
          ['braille', false],
          ['ascii', false],
        ] as const) {
          const frame = draw(live, columns, rows, symbols, colours);
          expect(frame).toHaveLength(Math.max(1, rows - 1));
          expect(frame.map(lineWidth)).toEqual(frame.map(() => columns));
          expect(frame.map(stripColours).join('')).not.toMatch(OBEYED);
          if (symbols === 'ascii') expect(frame.join('')).toMatch(/^[ -~]*$/);
        }
      }
    }
  });

  it('says in words when the generator is not to be believed', () => {
    if (columns >= 30) expect(text(hostile(), columns, rows)).toContain('INVALID');
    expect(text(filled(10), columns, rows)).not.toContain('INVALID');
  });
});

describe('the live view', () => {
  it('shows progress, rates, latency, outcomes, server and ledger', () => {
    const shown = text(filled(58), 120, 32);
    expect(shown).toMatch(/RUNNING {2}generator keeps up {2}web, open model/);
    expect(shown).toMatch(/█░+ {2}44% 58s of 2m10s/);
    expect(shown).toMatch(/offered 5,000\/s {2}acknowledged 4,990\/s {2}stored 4,980\/s/);
    expect(shown).toMatch(/Latency ms ─+ p50 ≤1 ms {2}p99 ≤8 ms/);
    expect(shown).toMatch(/accepted +289,420/);
    expect(shown).toMatch(/580 events: missing/);
    expect(shown).toMatch(/queue +1,057/);
    expect(shown).toMatch(/seen twice +2,900/);
  });

  it('has charts of queue and lag where there is height for them', () => {
    expect(text(filled(58), 200, 60)).toMatch(/Queue ─[\s\S]*Lag ms ─/);
    expect(text(filled(58), 120, 32)).not.toContain('Lag ms');
  });

  it('shows faults, while they are done and after', () => {
    const live = filled(20);
    live.setFault({ name: 'kill-daemon@10s', atMs: 10_000 }, null);
    expect(text(live, 120, 32)).toContain('kill-daemon@10s is being done');
    const figures = { name: 'kill-daemon@10s', atMs: 10_004, told: 'killed the daemon (pid 7)', recoveredMs: 1_930 };
    live.setFault({ name: 'kill-daemon@10s', atMs: 10_000 }, figures);
    expect(text(live, 120, 32)).toContain(
      'kill-daemon@10s at 10.0 s: answered after 1.93 s; killed the daemon (pid 7)',
    );
    expect(text(live, 120, 32)).not.toContain('is being done');
  });

  it('says when the server does not answer, and what phase it is', () => {
    const live = filled(20, (second) => (second > 15 ? { server: null } : {}));
    expect(text(live, 200, 60)).toContain('does not answer');
    live.setPhase('verifying', 0.25);
    expect(text(live, 120, 32)).toMatch(/VERIFYING[\s\S]*25% looking for every event/);
    live.setPhase('draining', null);
    expect(text(live, 120, 32)).toContain('waiting until everything is stored');
  });

  it('fills its charts with a short run: a second takes several columns', () => {
    const live = new LiveFigures({ ...PLAN, stages: [{ fromRate: 200, toRate: 200, durationMs: 5_000 }] });
    for (const second of [0, 1, 2]) live.push(madeUpSecond(second));
    expect(text(live, 200, 60)).toContain('win 15s');
    expect(draw(live, 200, 60)[4]).toMatch(/[^█]█{18}│/);
    expect(text(live, 200, 60)).toMatch(/-15s .*now│/);
  });

  it('leaves the seconds it was not told of blank', () => {
    const live = new LiveFigures(PLAN);
    for (const second of [0, 1, 2, 6, 7]) live.push(madeUpSecond(second));
    expect(draw(live, 200, 60)[4]).toMatch(/███ {3}██│/);
  });

  it('tells percentiles only with ten samples beyond', () => {
    const latencyCounts = madeUpSecond(0).latencyCounts.map((count) => (count > 0 ? 10 : 0));
    expect(
      text(
        filled(5, () => ({ latencyCounts })),
        120,
        32,
      ),
    ).toMatch(/p50 ≤2 ms {2}p99 n\/a/);
  });
});

describe('keys', () => {
  it('do one thing each and all stand in the help', () => {
    const all = LIVE_KEYMAP.flatMap(({ keys }) => keys);
    expect(new Set(all).size).toBe(all.length);
    const live = filled(5);
    liveKeyHandler(live, () => {})('?');
    for (const { help } of LIVE_KEYMAP) expect(text(live, 80, 24)).toContain(help);
  });

  it('change window, latency and help, and stay at the ends', () => {
    const live = filled(5);
    const press = liveKeyHandler(live, () => {});
    for (const key of ['-', '-', '+', '+', 'h', '?', 'x']) press(key);
    expect(live.getSnapshot().ui).toEqual({ windowMs: 300_000, latency: 'lines', help: true });
    for (const key of ['+', '+', '+', '+', 'esc', 'h']) press(key);
    expect(live.getSnapshot().ui).toEqual({ windowMs: 3_600_000, latency: 'map', help: false });
  });

  it.each(['q', 'ctrl-c'])('%s asks to stop', (key) => {
    const live = filled(5);
    let asked = 0;
    liveKeyHandler(live, () => asked++)(key);
    expect(asked).toBe(1);
    live.setStopping();
    expect(text(live, 80, 24)).toContain('STOPPING');
  });
});

describe('the store', () => {
  it('keeps an hour of seconds and the totals of all', () => {
    const live = filled(3_700);
    const { seconds, totals } = live.getSnapshot();
    expect(seconds).toHaveLength(3_600);
    expect(seconds[0]!.figures.second).toBe(100);
    expect(totals).toMatchObject({ sent: 18_500_000, acknowledged: 4_990 * 3_700, requests: 18_500_000 });
    expect(totals.outcomes.rejected).toBe(37_000);
  });

  it('is not filled by a server that makes up a reason for every event', () => {
    const events = madeUpSecond(0).events;
    const live = filled(200, (second) => ({ events: { ...events, rejectedBy: { [`reason ${second}`]: 1 } } }));
    expect(Object.keys(live.getSnapshot().totals.rejectedBy)).toHaveLength(50);
  });

  it('never changes a snapshot, and tells viewers until they go', () => {
    const live = filled(3);
    const before = live.getSnapshot();
    let told = 0;
    const stop = live.subscribe(() => told++);
    live.push(madeUpSecond(3));
    expect(before.seconds).toHaveLength(3);
    expect(told).toBe(1);
    stop();
    live.setStopping();
    expect(told).toBe(1);
  });
});
