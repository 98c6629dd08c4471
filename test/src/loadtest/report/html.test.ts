import { describe, expect, it } from 'vitest';
import { html, Markup } from '../../../../src/loadtest/report/html/markup.ts';
import { linearScale, logScale, timeTicks } from '../../../../src/loadtest/report/html/scale.ts';
import { reportHtml } from '../../../../src/loadtest/report/html.ts';
import { hostileReport, madeUpReport, madeUpSeconds, PLAN, percentiles } from './made-up.ts';

const FAULTS = [{ name: 'pause-engine:10s@60s', atMs: 60_003, told: 'stopped ClickHouse', recoveredMs: 12 }];
const VOID = new Set(['meta', 'line', 'path', 'rect', 'circle']);

/** Whether every element that is opened is closed, in order. Throws where it is not. */
function expectWellFormed(page: string): void {
  const open: string[] = [];
  const body = page.replace(/<style>[\s\S]*?<\/style>/, '').replace('<!doctype html>', '');
  for (const [, close, name, , itself] of body.matchAll(
    /<(\/?)([a-z][a-z0-9]*)((?: [a-zA-Z0-9-]+="[^"<>]*")*) ?(\/?)>/g,
  )) {
    if (close === '/') expect(open.pop()).toBe(name);
    else if (itself === '' && !(VOID.has(name!) && name === 'meta')) open.push(name!);
  }
  expect(open).toEqual([]);
  const left = body.replace(/<\/?[a-z][a-z0-9]*(?: [a-zA-Z0-9-]+="[^"<>]*")* ?\/?>/g, '');
  expect(/.{0,60}[<>].{0,60}/.exec(left)?.[0], 'a bracket that is no part of a tag').toBeUndefined();
}

const pages = {
  passed: reportHtml(madeUpReport({ faults: FAULTS }, 'p99<250ms,lag<500ms')),
  hostile: reportHtml(hostileReport()),
  empty: reportHtml(
    madeUpReport({
      latency: null,
      service: { count: 0, p50: null, p90: null, p99: null, p999: null, p9999: null, max: null },
      server: null,
      visibility: null,
      ledger: null,
      seconds: [],
      rejectedBy: {},
      plan: { ...PLAN, model: 'closed', warmupMs: 0 },
    }),
  ),
  'two seconds': reportHtml(madeUpReport({ seconds: madeUpSeconds(2) })),
  'a day': reportHtml(madeUpReport({ seconds: madeUpSeconds(86_400), latency: percentiles(0) })),
};

describe.each(Object.entries(pages))('the page of a report (%s)', (_name, page) => {
  it('is well formed', () => expectWellFormed(page));

  it('needs nothing but itself and runs nothing', () => {
    const active = /.{0,60}(?:<script|<link|<img|<iframe|<[^>]* on[a-z]+=|(?:src|href)=|url\(|@import).{0,60}/i;
    expect(active.exec(page)?.[0]).toBeUndefined();
    expect(page).toContain("default-src 'none'");
  });

  it('draws no point that is none', () => {
    expect(/.{0,60}(?:NaN|Infinity|undefined|null|\[object).{0,60}/.exec(page)?.[0]).toBeUndefined();
  });

  it('stays small', () => expect(page.length).toBeLessThan(400_000));
});

describe('the page of a report', () => {
  it('has verdict, charts, marks, ledger, bounds and conditions', () => {
    expect(pages.passed).toContain('<span class="badge warn">SLO MISSED</span>');
    for (const title of ['Events/s', 'Latency', 'Queue', 'Lag to queryable', 'CPU', 'Latency spectrum']) {
      expect(pages.passed).toContain(`<b>${title}</b>`);
    }
    expect(pages.passed.match(/<line class="fault"/g)).toHaveLength(5);
    expect(pages.passed.match(/<b class="good">0<\/b>/g)).toHaveLength(4);
    expect(pages.passed).toContain('<th>lag&lt;500ms</th><td>1.02 s</td><td class="bad">MISSED</td>');
    expect(pages.passed).toContain('warm-up, not measured');
    expect(pages.passed).toContain('AMD EPYC');
  });

  it('tells each point in words, and gaps as gaps', () => {
    expect(/<title>30s: [^<]*/.exec(pages.passed)?.[0]).toMatch(
      /30s: acknowledged 4,960, stored [\d,]+, failed 0, scheduled 5,000/,
    );
    expect(pages.passed).toContain('stored not known');
    expect(pages['a day']).toContain('each point is the max of 360.0 s');
  });

  it('shows the text of a stranger as text', () => {
    expect(pages.hostile).not.toContain('<script>alert');
    expect(pages.hostile).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(pages.hostile).toContain('\\u{1b}[2J');
    expect(pages.hostile).toContain('user\\u{202e}txt');
  });

  it('says what is missing', () => {
    expect(pages.empty).toContain('Not verified');
    expect(pages.empty).toContain('no target: closed model');
  });
});

it('a template escapes what is put into it, and not what is HTML already', () => {
  const inner = html`<b title="${`"'<>&`}">${'<i>'}</b>`;
  expect(html`${inner}${[inner, new Markup('<hr/>')]}${3}`.text).toBe(`${inner.text}${inner.text}<hr/>3`);
  expect(inner.text).toBe('<b title="&quot;&#39;&lt;&gt;&amp;">&lt;i&gt;</b>');
});

describe('an axis', () => {
  it('begins at zero and ends at a round number', () => {
    expect(linearScale(4_990).ticks).toEqual([0, 1_250, 2_500, 3_750, 5_000]);
    expect(linearScale(0).share(0)).toBe(0);
    expect(linearScale(100).share(1e9)).toBe(1);
  });

  it('takes the same height for each tenfold', () => {
    const scale = logScale(1.3, 117);
    expect(scale.ticks).toEqual([1, 10, 100, 1_000]);
    expect(scale.share(10)).toBeCloseTo(1 / 3);
    expect(scale.share(0)).toBe(0);
    expect(logScale(0, 0).ticks.length).toBeGreaterThan(1);
    expect(logScale(1e-9, 1e6).ticks).toHaveLength(7);
  });

  it('of time has at most nine labels', () => {
    for (const seconds of [1, 2, 7, 60, 130, 3_600, 86_400]) {
      const ticks = timeTicks(seconds);
      expect(ticks.length).toBeLessThanOrEqual(9);
      expect(ticks.at(-1)).toBeLessThanOrEqual(seconds);
    }
  });
});
