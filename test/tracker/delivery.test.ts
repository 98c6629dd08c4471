import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium, INSECURE_HOST } from '../support/browser.ts';
import { until } from '../support/until.ts';
import { openRig, type TrackerRig } from './tracker-rig.ts';

/** What becomes of events where networks, collectors, tabs and storage fail: each is in ClickHouse exactly once. */
let rig: TrackerRig;

/** Tracks `count` events named `prefix` and a number. */
const burst = (page: Page, prefix: string, count: number) =>
  page.evaluate(
    ([name, n]) => {
      for (let index = 0; index < (n as number); index++) window.trackflow!(`${name}${index}`);
    },
    [prefix, count] as const,
  );
/** Names as they are compared: events of one millisecond have no order. */
const sorted = (names: readonly string[]) => names.toSorted();
const numbered = (prefix: string, count: number) => Array.from({ length: count }, (_, n) => `${prefix}${n}`);
/** Whether no event waits in the page's storage any more: the tracker heard of each. */
const settled = (page: Page) =>
  page.waitForFunction(() => !Object.keys(localStorage).some((key) => key.length > 50), undefined, { timeout: 15_000 });
const duplicates = (ids: readonly string[]) => ids.length - new Set(ids).size;

beforeAll(async () => {
  if (hasChromium()) rig = await openRig();
});
afterAll(() => rig?.[Symbol.asyncDispose]());

describe('through networks, answers, reloads and storage that fail, each event is stored exactly once', {
  skip: !hasChromium(),
  concurrent: true,
}, () => {
  it('of a thousand in a burst, in few requests that do not block the page', async () => {
    await using visit = await rig.visit('burst');
    const page = await visit.open(rig.site.page('/burst', { html: visit.tag() }));
    await burst(page, 'e', 1_000);
    expect(sorted(await visit.names(1_001))).toEqual(sorted([...numbered('e', 1_000), 'pageview']));
    await settled(page);
    expect(duplicates(visit.front.ids)).toBe(0);
    expect(visit.front.requests.length).toBeLessThan(60);
    expect(Math.max(...visit.front.requests.map(({ bytes }) => bytes))).toBeLessThan(64 * 1024);
  });

  it('of a visitor who is offline for a while, over a reload of the page', async () => {
    await using visit = await rig.visit('offline');
    const url = rig.site.page('/offline', { html: visit.tag() });
    const page = await visit.open(url);
    await visit.rows(1);
    await visit.context.setOffline(true);
    await burst(page, 'offline', 5);
    await page.goto('about:blank');
    await visit.context.setOffline(false);
    await page.goto(url);
    expect(sorted(await visit.names(7))).toEqual(sorted(['pageview', ...numbered('offline', 5), 'pageview']));
    await settled(page);
  });

  it('while the page stays open, as soon as the browser is online', async () => {
    await using visit = await rig.visit('online');
    const page = await visit.open(rig.site.page('/online', { html: visit.tag() }));
    await visit.rows(1);
    await visit.context.setOffline(true);
    await burst(page, 'waiting', 3);
    await page.waitForFunction(() => Number(localStorage['trackflow.online.until']) > 0);
    await visit.context.setOffline(false);
    expect(sorted(await visit.names(4))).toEqual(sorted(['pageview', ...numbered('waiting', 3)]));
    await settled(page);
  });

  it('through 503 with Retry-After, which it keeps to', async () => {
    await using visit = await rig.visit('busy');
    const at: number[] = [];
    visit.front.answer = () => {
      at.push(Date.now());
      return at.length === 1 ? { status: 503, headers: { 'Retry-After': '2' } } : 'pass';
    };
    const page = await visit.open(rig.site.page('/busy', { html: visit.tag() }));
    await until(() => at.length === 1, 5_000);
    await burst(page, 'late', 3);
    expect(sorted(await visit.names(4))).toEqual(sorted(['pageview', ...numbered('late', 3)]));
    expect(at[1]! - at[0]!).toBeGreaterThanOrEqual(2_000);
    await settled(page);
  });

  it('where the answer was lost on its way', async () => {
    await using visit = await rig.visit('lost');
    let answers = 0;
    visit.front.answer = () => (answers++ === 0 ? 'lose_answer' : 'pass');
    const page = await visit.open(rig.site.page('/lost', { html: visit.tag() }));
    await settled(page);
    expect(sorted(await visit.names(1))).toEqual(sorted(['pageview']));
    expect(visit.front.ids).toHaveLength(2);
  });

  it('where the page is reloaded while its request is under way', async () => {
    await using visit = await rig.visit('reload');
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    visit.front.answer = async () => {
      if (visit.front.requests.length === 1) await released;
      return 'pass' as const;
    };
    const page = await visit.open(rig.site.page('/reload', { html: visit.tag() }));
    await until(() => visit.front.requests.length === 1, 5_000);
    await burst(page, 'before', 2);
    await page.reload();
    release();
    expect(sorted(await visit.names(4))).toEqual(sorted(['pageview', ...numbered('before', 2), 'pageview']));
    await settled(page);
  });

  it('where the page is closed at once, without a further visit', async () => {
    await using visit = await rig.visit('closed');
    const html = `${visit.tag()}<script>
      addEventListener('pagehide', () => trackflow('hidden'));
      document.addEventListener('visibilitychange', () => trackflow('invisible'));
    </script>`;
    const page = await visit.open(rig.site.page('/closed', { html }));
    await page.evaluate(() => window.trackflow!('last'));
    await page.close({ runBeforeUnload: true });
    expect(sorted(await visit.names(4))).toEqual(sorted(['pageview', 'last', 'hidden', 'invisible']));
  });

  it.each<[string, (context: BrowserContext) => Promise<unknown>]>([
    [
      'full',
      (context) =>
        context.addInitScript(() => {
          for (let size = 4_000_000; size >= 1; size = Math.floor(size / 2)) {
            try {
              for (;;) localStorage[`fill${Object.keys(localStorage).length}-${size}`] = 'x'.repeat(size);
            } catch {
              // Full for this size.
            }
          }
        }),
    ],
    [
      'denied',
      (context) =>
        context.addInitScript(() => {
          Object.defineProperty(window, 'localStorage', {
            get: () => {
              throw new DOMException('denied', 'SecurityError');
            },
          });
        }),
    ],
    [
      'missing',
      (context) => context.addInitScript(() => Object.defineProperty(window, 'localStorage', { value: null })),
    ],
  ])('where storage is %s', async (what, arrange) => {
    const account = `storage-${what}`;
    await using visit = await rig.visit(account);
    await arrange(visit.context);
    let answers = 0;
    visit.front.answer = () => (answers++ === 0 ? { status: 503 } : 'pass');
    const page = await visit.open(rig.site.page(`/${account}`, { html: visit.tag() }));
    await burst(page, 'kept', 3);
    expect(sorted(await visit.names(4))).toEqual(sorted(['pageview', ...numbered('kept', 3)]));
  });

  it('but for what the collector refuses for good, which is dropped and told in the console', async () => {
    await using visit = await rig.visit('refused');
    const page = await visit.open(rig.site.page('/refused', { html: visit.tag('data-debug') }));
    await visit.rows(1);
    await settled(page);
    const said = page.waitForEvent('console', (message) => message.text().includes('too_long'));
    await page.evaluate(() => window.trackflow!('x'.repeat(200)));
    expect((await said).text()).toContain('"field":"name"');
    await settled(page);
    await page.evaluate(() => window.trackflow!('fine'));
    expect(sorted(await visit.names(2))).toEqual(sorted(['pageview', 'fine']));
  });
});

describe('each event is stored exactly once', { skip: !hasChromium() }, () => {
  it.each([
    ['with Web Locks', '127.0.0.1'],
    ['without, where the site is no secure context', INSECURE_HOST],
  ])('of ten tabs at once, of which one sends at a time, %s', async (_what, host) => {
    const account = host === INSECURE_HOST ? 'tabs-lease' : 'tabs-locks';
    await using visit = await rig.visit(account);
    const url = rig.site.page(`/${account}`, { html: visit.tag() }, host);
    const tabs = await Promise.all(Array.from({ length: 10 }, () => visit.open(url)));
    expect(await tabs[0]!.evaluate(() => navigator.locks === undefined)).toBe(host === INSECURE_HOST);
    await Promise.all(tabs.map((tab, n) => burst(tab, `tab${n}-`, 5)));
    const expected = [...tabs.flatMap((_tab, n) => numbered(`tab${n}-`, 5)), ...tabs.map(() => 'pageview')];
    expect(sorted(await visit.names(60))).toEqual(sorted(expected));
    await settled(tabs[0]!);
    // Processes see each other's storage a moment later, on a busy machine late: some events go twice, and are stored
    // once. Tabs that all send what all of them have would send each event ten times.
    expect(duplicates(visit.front.ids)).toBeLessThan(expected.length);
  });

  it('of a visit that goes on while the daemon is killed and started', async () => {
    await using visit = await rig.visit('killed');
    const page = await visit.open(rig.site.page('/killed', { html: visit.tag() }));
    await visit.rows(1);
    await rig.daemon.kill();
    visit.front.answer = () => 'break';
    await burst(page, 'meanwhile', 10);
    await until(() => visit.front.requests.length > 1, 5_000);
    await rig.daemon.start();
    visit.front.answer = () => 'pass';
    expect(sorted(await visit.names(11))).toEqual(sorted(['pageview', ...numbered('meanwhile', 10)]));
    await settled(page);
  });
});
