import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium } from '../support/browser.ts';
import { until } from '../support/until.ts';
import { openRig, type TrackerRig } from './tracker-rig.ts';

let rig: TrackerRig;

const stored = (page: Page) => page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));

describe('what the tracker knows and keeps', { skip: !hasChromium(), concurrent: true }, () => {
  beforeAll(async () => {
    rig = await openRig();
  });
  afterAll(() => rig[Symbol.asyncDispose]());

  it('is nothing that tells visitors apart, unless the site asks for it and the visitor agrees', async () => {
    await using visit = await rig.visit('anonymous');
    visit.front.answer = () => ({ status: 503 });
    const page = await visit.open(rig.site.page('/anonymous', { html: visit.tag() }));
    await page.evaluate(() => {
      window.trackflow!.consent(true);
      window.trackflow!('plain');
      window.trackflow!.identify('ada@example.com');
      window.trackflow!('named');
    });
    expect(await stored(page)).toContain('plain');
    expect(await stored(page)).not.toMatch(/ada@example|\.visitor|named/);
    visit.front.answer = () => 'pass';
    const rows = await visit.rows(4);
    expect(rows.map(({ name, user_id }) => [name, user_id]).toSorted()).toEqual([
      ['identify', 'ada@example.com'],
      ['named', 'ada@example.com'],
      ['pageview', ''],
      ['plain', ''],
    ]);
    // The id of the collector: a hash with the salt of the day.
    expect(new Set(rows.map(({ visitor_id }) => visitor_id)).size).toBe(1);
    expect(rows[0]!.visitor_id).not.toMatch(/-7/);
    expect(await visit.context.cookies()).toEqual([]);
  });

  it('is an id with persist and consent, the same on the next page, and gone with the consent', async () => {
    await using visit = await rig.visit('persist');
    const url = rig.site.page('/persist', { html: visit.tag('data-persist') });
    const page = await visit.open(url);
    expect(await stored(page)).not.toContain('.visitor');
    await page.evaluate(() => window.trackflow!.consent(true));
    await page.reload();
    await page.evaluate(() => window.trackflow!('again'));
    const rows = await visit.rows(3);
    const ids = rows.map(({ visitor_id }) => visitor_id);
    expect(ids[1]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    expect(ids[2]).toBe(ids[1]);
    expect(ids[0]).not.toBe(ids[1]);
    await page.evaluate(() => window.trackflow!.consent(false));
    expect(await stored(page)).not.toContain(ids[1]);
  });

  it('ends with an opt-out, which lasts over visits until it is taken back', async () => {
    await using visit = await rig.visit('optout');
    visit.front.answer = () => ({ status: 503 });
    const url = rig.site.page('/optout', { html: visit.tag() });
    const page = await visit.open(url);
    await until(() => visit.front.requests.length === 1, 5_000);
    await page.evaluate(() => window.trackflow!.consent(false));
    expect(await page.evaluate(() => Object.keys(localStorage).toSorted())).toEqual([
      'trackflow.optout.consent',
      'trackflow.optout.until',
    ]);
    visit.front.answer = () => 'pass';
    await page.goto(url);
    await page.evaluate(() => window.trackflow!('unwanted'));
    await page.evaluate(() => window.trackflow!.consent(true));
    expect((await visit.rows(1)).map(({ name }) => name)).toEqual(['pageview']);
  });

  it('is nothing at all before consent, where the site waits for it', async () => {
    await using visit = await rig.visit('asked');
    const page = await visit.open(rig.site.page('/asked', { html: visit.tag('data-consent="no"') }));
    await page.evaluate(() => window.trackflow!('too-early'));
    expect(await stored(page)).toBe('{}');
    await page.evaluate(() => {
      window.trackflow!.consent(true);
      window.trackflow!('wanted');
    });
    expect((await visit.names(2)).toSorted()).toEqual(['pageview', 'wanted']);
  });

  it.each([
    ['DNT', () => Object.defineProperty(navigator, 'doNotTrack', { value: '1' }), { DNT: '1' }],
    ['GPC', () => Object.defineProperty(navigator, 'globalPrivacyControl', { value: true }), { 'Sec-GPC': '1' }],
  ])('is no id and no device under %s, whatever the site asks for', async (signal, arrange, headers) => {
    await using visit = await rig.visit(`signal-${signal}`);
    await visit.context.addInitScript(arrange);
    await visit.context.setExtraHTTPHeaders(headers as Record<string, string>);
    const html = visit.tag('data-persist data-consent="yes"');
    const page = await visit.open(rig.site.page(`/${signal}`, { html }));
    await page.evaluate(() => window.trackflow!.identify('ada@example.com'));
    const rows = await visit.rows(2);
    for (const row of rows) expect(row).toMatchObject({ user_id: '', visitor_id: '', screen: '', timezone: '' });
    expect(await stored(page)).not.toContain('.visitor');
  });
});
