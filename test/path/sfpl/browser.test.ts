import { randomUUID } from 'node:crypto';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasChromium, openBrowser, TestSite } from '../../support/browser.ts';
import { openRig, type SfplRig } from './rig.ts';

/** Of a Chromium with a window: without one it says so, and what says so is a bot and gets no cookie. */
const CHROME = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36';

/** A page that speaks `/tr/v1` as the browser tracker of that system does, in a real Chromium: fetch and WebSocket. */
describe.skipIf(!hasChromium())('in a browser', () => {
  let rig: SfplRig;
  let site: TestSite;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    rig = await openRig();
    site = await new TestSite().listen();
    browser = await openBrowser();
  });

  afterAll(async () => {
    await browser.close();
    await site[Symbol.asyncDispose]();
    await rig.daemon[Symbol.asyncDispose]();
  });

  /** A page of the site that the collector belongs to. */
  async function visit(): Promise<void> {
    const context = await browser.newContext({ userAgent: CHROME });
    page = await context.newPage();
    await page.goto(site.page('/shop', { html: '<title>shop</title>' }));
  }

  /** Sends one event as JSON with the page's cookies; resolves to the status. */
  function track(event: object): Promise<number> {
    return page.evaluate(
      async ([url, body]) => {
        const headers = { 'Content-Type': 'application/json' };
        const answer = await fetch(`${url}/tr/v1/tr/`, {
          method: 'POST',
          credentials: 'include',
          headers,
          body: body!,
        });
        return answer.status;
      },
      [rig.daemon.url, JSON.stringify(event)],
    );
  }

  test('fetch posts JSON across origins; the visitor gets a cookie once there is consent, and keeps it', async () => {
    await visit();
    const oid = randomUUID();
    expect(await track({ oid, ename: 'silent', tz: 'Europe/Berlin' })).toBe(200);
    expect((await page.context().cookies()).map(({ name }) => name)).toEqual([]);
    for (const ename of ['first', 'second'])
      expect(await track({ oid, ename, cflags: 1024, tz: 'Europe/Berlin' })).toBe(200);
    const cookies = new Map((await page.context().cookies()).map((cookie) => [cookie.name, cookie]));
    expect([...cookies.keys()].sort()).toEqual(['sid', 'vid']);
    expect(cookies.get('vid')).toMatchObject({ secure: true, sameSite: 'Lax', path: '/' });
    const [silent, first, second] = await rig.events<Record<string, string>>(
      oid,
      'visitor_id, session_id, browser, bot',
    );
    const ids = { visitor_id: cookies.get('vid')!.value, session_id: cookies.get('sid')!.value };
    expect(silent).toMatchObject({ visitor_id: '', session_id: '' });
    expect(first).toMatchObject(ids);
    expect(second).toMatchObject(ids);
    await page.context().close();
  });

  test('a WebSocket takes text and sends what it is told with the cookies of the page', async () => {
    await visit();
    const oid = randomUUID();
    await track({ oid, ename: 'by fetch', cflags: 1024 });
    const acks = await page.evaluate(
      ([url, account]) =>
        new Promise<number>((resolve) => {
          const socket = new WebSocket(`${url!.replace('http', 'ws')}/tr/v1/ws?ack=1`);
          let acks = 0;
          socket.onmessage = () => {
            if (++acks === 3) resolve(acks);
          };
          socket.onopen = () => {
            for (const ename of ['a', 'b', 'c']) socket.send(JSON.stringify({ oid: account, ename, cflags: 1024 }));
          };
        }),
      [rig.daemon.url, oid],
    );
    expect(acks).toBe(3);
    const rows = await rig.events<{ name: string; visitor_id: string }>(oid, 'name, visitor_id');
    expect(rows.map(({ name }) => name).sort()).toEqual(['a', 'b', 'by fetch', 'c']);
    expect(new Set(rows.map(({ visitor_id }) => visitor_id)).size).toBe(1);
    await page.context().close();
  });

  test('a page of another site may send without cookies, and reads nothing with them', async () => {
    const context = await browser.newContext({ userAgent: CHROME });
    page = await context.newPage();
    // The same machine by another name is another site.
    await page.goto(site.page('/elsewhere', { html: '<title>elsewhere</title>' }, 'localhost'));
    const oid = randomUUID();
    const plain = await page.evaluate(
      async ([url, account]) => {
        const body = JSON.stringify({ oid: account, ename: 'plain' });
        return (
          await fetch(`${url}/tr/v1/tr/`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body })
        ).status;
      },
      [rig.daemon.url, oid],
    );
    expect(plain).toBe(200);
    await expect(track({ oid, ename: 'with cookies' })).rejects.toThrow('Failed to fetch');
    const socket = await page.evaluate(
      (url) =>
        new Promise<string>((resolve) => {
          const opened = new WebSocket(`${url!.replace('http', 'ws')}/tr/v1/ws`);
          opened.onopen = () => resolve('open');
          opened.onerror = () => resolve('refused');
        }),
      rig.daemon.url,
    );
    expect(socket).toBe('refused');
    expect(await rig.events(oid, 'name')).toEqual([{ name: 'plain' }]);
    await context.close();
  });

  test('a pixel in a page is loaded and tracked', async () => {
    await visit();
    const oid = randomUUID();
    const html = `<img src="${rig.daemon.url}/tr/v1/img/oid/${oid}/ename/pixel">`;
    await page.goto(site.page('/pixel', { html }), { waitUntil: 'load' });
    const width = await page
      .locator('img')
      .evaluate((image) => (image as unknown as { naturalWidth: number }).naturalWidth);
    expect(width).toBe(1);
    expect(await rig.events(oid, 'name')).toEqual([{ name: 'pixel' }]);
    await page.context().close();
  });
});
