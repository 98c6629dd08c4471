import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium, INSECURE_HOST, openUnattended } from '../support/browser.ts';
import { until } from '../support/until.ts';
import { openRig, type TrackerRig } from './tracker-rig.ts';

let rig: TrackerRig;

describe('the tracker in Chromium, on a site of another origin', { skip: !hasChromium(), concurrent: true }, () => {
  beforeAll(async () => {
    rig = await openRig();
  });
  afterAll(() => rig[Symbol.asyncDispose]());

  it('counts the view of a page and says of it what it may', async () => {
    await using visit = await rig.visit('view', { viewport: { width: 800, height: 600 }, timezoneId: 'Asia/Tokyo' });
    const url = rig.site.page('/view', { html: `<title>Ünter ☕</title>${visit.tag()}` });
    const from = rig.site.page('/from', { html: `<a href="${url}?utm_source=news&mail=a@b.example#top">go</a>` });
    const page = await visit.open(`${from}?q=secret`);
    await page.click('a');
    const [row] = await visit.rows(1);
    expect(row).toMatchObject({
      name: 'pageview',
      url: `${url}?utm_source=news`,
      path: '/view',
      title: 'Ünter ☕',
      referrer: from,
      screen: '800x600',
      timezone: 'Asia/Tokyo',
      properties: {},
    });
    expect(visit.front.requests.map(({ method, contentType }) => [method, contentType])).toEqual([
      ['POST', 'text/plain;charset=UTF-8'],
    ]);
    expect(await visit.context.cookies()).toEqual([]);
  });

  it('tracks events with properties and money, also those of before it was loaded', async () => {
    await using visit = await rig.visit('custom');
    const stub = `window.trackflow = function () { (trackflow.q = trackflow.q || []).push(arguments) }`;
    const html = `<script>${stub}; trackflow('early', { n: 1 })</script>${visit.tag()}`;
    const page = await visit.open(rig.site.page('/custom', { html }));
    await page.evaluate(() => window.trackflow!('buy', { plan: 'pro' }, { revenue: 19.99, currency: 'EUR' }));
    const rows = await visit.rows(3);
    expect(rows.map(({ name }) => name).toSorted()).toEqual(['buy', 'early', 'pageview']);
    expect(rows.find(({ name }) => name === 'early')!.properties).toMatchObject({ n: 1 });
    expect(rows.find(({ name }) => name === 'buy')).toMatchObject({
      revenue: '19.99',
      currency: 'EUR',
      properties: { plan: 'pro' },
    });
    expect(visit.front.requests.length).toBeLessThanOrEqual(2);
  });

  it('counts each route of a single page once, however a router gets there', async () => {
    await using visit = await rig.visit('routes');
    const page = await visit.open(rig.site.page('/routes', { html: visit.tag() }));
    await page.evaluate(async () => {
      const settled = () => new Promise((resolve) => setTimeout(resolve, 80));
      history.pushState({}, '', '/routes/a?secret=1');
      document.title = 'A';
      await settled();
      history.replaceState({}, '', '/routes/a?secret=2');
      location.hash = 'x';
      await settled();
      // A redirect: the route in between was never seen.
      history.pushState({}, '', '/routes/gate');
      history.replaceState({}, '', '/routes/b');
      await settled();
      history.back();
      await settled();
    });
    const rows = await visit.rows(4);
    expect(rows.map(({ path }) => path)).toEqual(['/routes', '/routes/a', '/routes/b', '/routes/a']);
    expect(rows[1]).toMatchObject({ title: 'A', referrer: expect.stringMatching(/\/routes$/) });
    expect(JSON.stringify(rows)).not.toContain('secret');
  });

  it('takes the fragment for a route where it is told to, and counts no view where it is told not to', async () => {
    await using visit = await rig.visit('hash');
    const page = await visit.open(rig.site.page('/hash', { html: visit.tag('data-hash') }));
    await page.evaluate(() => {
      location.hash = '#/cart';
    });
    expect((await visit.rows(2)).map(({ path }) => path)).toEqual(['/hash', '/hash#/cart']);

    await using manual = await rig.visit('manual');
    const other = await manual.open(rig.site.page('/manual', { html: manual.tag('data-manual') }));
    await other.evaluate(() => {
      history.pushState({}, '', '/manual/2');
      window.trackflow!('only');
    });
    expect(await manual.names(1)).toEqual(['only']);
  });

  it('keeps the query parameters that the site allows', async () => {
    await using visit = await rig.visit('params');
    const url = rig.site.page('/params', { html: visit.tag('data-params="q,page"') });
    await visit.open(`${url}?q=shoes&page=2&token=3`);
    expect((await visit.rows(1))[0]!.url).toBe(`${url}?q=shoes&page=2`);
  });

  it('counts a page that comes back from the back-forward cache', async () => {
    await using visit = await rig.visit('bfcache');
    const url = rig.site.page('/bfcache', { html: visit.tag() });
    const page = await visit.open(url);
    await visit.rows(1);
    await page.evaluate(() => addEventListener('pageshow', ({ persisted }) => (document.title = String(persisted))));
    await page.goto(rig.site.page('/elsewhere', { html: '' }));
    await page.goBack({ waitUntil: 'commit' });
    await page.waitForFunction(() => document.title === 'true');
    expect(await visit.names(2)).toEqual(['pageview', 'pageview']);
  });

  it('counts a prerendered page when it is shown, and not before', async () => {
    await using visit = await rig.visit('prerender');
    const { site } = rig;
    const told = `if (document.prerendering) addEventListener('load', () => fetch('/prerendered/loaded'))`;
    site.page('/prerendered', { html: `<script>${told}</script>${visit.tag()}` });
    site.page('/prerendered/go', { html: '', status: 404 });
    const rules = JSON.stringify({ prerender: [{ source: 'list', urls: ['/prerendered'], eagerness: 'immediate' }] });
    const goes = `(async () => {
      while (!(await fetch('/prerendered/go')).ok) await new Promise((resolve) => setTimeout(resolve, 20));
      location.href = '/prerendered';
    })()`;
    const html = `<script type="speculationrules">${rules}</script><script>${goes}</script>`;
    await using _browser = openUnattended(site.page('/prerenderer', { html }));
    await until(() => site.requested.includes('/prerendered/loaded'), 20_000);
    const shownAt = Date.now();
    site.page('/prerendered/go', { html: '' });
    const [row] = await visit.rows(1);
    expect(row).toMatchObject({ name: 'pageview', path: '/prerendered' });
    expect(timeOf(row!.id)).toBeGreaterThanOrEqual(shownAt);
  });

  it('works under a strict policy with Trusted Types, options included', async () => {
    await using visit = await rig.visit('csp');
    const policy = `default-src 'none'; script-src ${visit.front.url}; connect-src ${visit.front.url}; require-trusted-types-for 'script'; trusted-types 'none'`;
    const html = `${visit.tag('data-options="clicks"')}<button data-track="tried" data-track-plan="pro">x</button>`;
    const url = rig.site.page('/csp', { html, headers: { 'Content-Security-Policy': policy } });
    const loaded = visit.context.waitForEvent('response', (response) => response.url().endsWith('clicks.js'));
    const page = await visit.open(url);
    await (await loaded).finished();
    await page.waitForLoadState('networkidle');
    await page.click('button');
    const rows = await visit.rows(2);
    expect(rows[1]).toMatchObject({ name: 'tried', properties: { plan: 'pro' } });
  });

  it('works in a sandboxed frame, where there is no storage, no lock and no origin', async () => {
    await using visit = await rig.visit('sandbox');
    const inner = `${visit.tag()}<script>addEventListener('load', () => trackflow('inside'))</script>`;
    const html = `<iframe sandbox="allow-scripts" srcdoc="${inner.replaceAll('"', '&quot;')}"></iframe>`;
    await visit.open(rig.site.page('/sandbox', { html }));
    expect((await visit.names(2)).toSorted()).toEqual(['inside', 'pageview']);
  });

  it('says what it could not learn', async () => {
    await using visit = await rig.visit('missing');
    await visit.context.addInitScript(() => {
      Object.defineProperty(window, 'screen', { value: undefined });
      Intl.DateTimeFormat = (() => {
        throw new Error('no');
      }) as never;
    });
    await visit.open(rig.site.page('/missing', { html: visit.tag() }));
    const [row] = await visit.rows(1);
    expect(row).toMatchObject({ screen: '', referrer: '', properties: { _missing: 'title,referrer,screen,timezone' } });
  });

  it.each([
    ['1970', 3_600_000],
    ['the year 2400', Date.UTC(2400, 0, 1)],
  ])('arrives from a machine whose clock is in %s, with a mark', async (_what, now) => {
    const account = `clock${now}`;
    await using visit = await rig.visit(account);
    await visit.context.addInitScript((fixed) => {
      const RealDate = Date;
      const base = RealDate.now();
      window.Date = class extends RealDate {
        constructor(...args: []) {
          super(...((args.length > 0 ? args : [fixed + RealDate.now() - base]) as []));
        }
        static override now = () => fixed + RealDate.now() - base;
      } as typeof Date;
    }, now);
    await visit.open(rig.site.page(`/${account}`, { html: visit.tag() }));
    expect((await visit.rows(1))[0]).toMatchObject({ name: 'pageview', time_clamped: 1 });
  });

  it('is there once where the tag was pasted twice, and throws nothing at a page that misuses it', async () => {
    await using visit = await rig.visit('twice');
    const page = await visit.open(rig.site.page('/twice', { html: visit.tag() + visit.tag() }, INSECURE_HOST));
    await page.evaluate(() => {
      const circle: Record<string, unknown> = {};
      circle.self = circle;
      for (const properties of [circle, null, { big: 1n }, 'text']) window.trackflow!('odd', properties as never);
      window.trackflow!(undefined as never);
    });
    expect((await visit.names(3)).toSorted()).toEqual(['odd', 'odd', 'pageview']);
  });
});

/** Milliseconds since 1970 in a UUIDv7. */
const timeOf = (id: string) => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
