import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/package-root.ts';
import { hasChromium } from '../support/browser.ts';
import { runCli } from '../support/cli.ts';
import { openRig, type TrackerRig, type Visit } from './tracker-rig.ts';

/** Names as operators give them, in place of the ones that blockers know. */
const RENAMED = {
  'tracker.path': '/assets/app-shell.js',
  'tracker.collectPath': '/assets/sync',
  'tracker.attributePrefix': 'data-x-',
};

let rig: TrackerRig;

/** Opens a page and waits until its options have been loaded and run. */
async function openWith(visit: Visit, url: string, options: readonly string[]) {
  const page = await visit.context.newPage();
  const loaded = options.map((name) =>
    page.waitForEvent('requestfinished', (request) => request.url().endsWith(`${name}.js`)),
  );
  await page.goto(url);
  await Promise.all(loaded);
  // Modules run in order: this one comes after those.
  await page.evaluate(`import('data:text/javascript,')`);
  return page;
}

describe('options of a tracker that was renamed throughout', { skip: !hasChromium(), concurrent: true }, () => {
  beforeAll(async () => {
    rig = await openRig(RENAMED);
  });
  afterAll(() => rig[Symbol.asyncDispose]());

  const tag = (visit: Visit, options: string) =>
    `<script defer src="${visit.front.url}/assets/app-shell.js" data-x-site="${visit.account}" data-x-options="${options}"></script>`;

  it('tell clicks, links, downloads and forms, and nothing of what was typed or asked', async () => {
    await using visit = await rig.visit('acts');
    const html = `${tag(visit, 'clicks links forms')}
      <button data-x-track="signup" data-x-track-plan="pro" data-track="blocked"><b>go</b></button>
      <a id="out" target="_blank" href="http://127.0.0.1:1/there?token=1#x">out</a>
      <a id="file" target="_blank" href="/price-list.PDF?token=1">file</a>
      <form id="join" action="/joined?token=1" target="frame"><input name="id" value="secret"><button>send</button></form>
      <iframe name="frame"></iframe>`;
    const page = await openWith(visit, rig.site.page('/acts', { html }), ['clicks', 'links', 'forms']);
    await page.click('b');
    await page.click('#out');
    await page.click('#file');
    await page.click('form button');
    const rows = await visit.rows(5);
    const properties = Object.fromEntries(rows.map((row) => [row.name, row.properties]));
    const origin = new URL(page.url()).origin;
    expect(properties).toMatchObject({
      signup: { plan: 'pro' },
      outbound: { target: 'http://127.0.0.1:1/there' },
      download: { target: `${origin}/price-list.PDF` },
      form_submit: { form: 'join', target: `${origin}/joined` },
    });
    expect(JSON.stringify(rows)).not.toMatch(/secret|token/);
    expect(visit.front.requests.every(({ path }) => path === '/assets/sync')).toBe(true);
  });

  it('tell pages that are not there, by the status or by what the page says', async () => {
    await using visit = await rig.visit('gone');
    const html = tag(visit, '404');
    await openWith(visit, rig.site.page('/gone', { html, status: 404 }), ['404']);
    await openWith(visit, rig.site.page('/soft', { html: `${html}<main data-x-404>Nothing here</main>` }), ['404']);
    await openWith(visit, rig.site.page('/there', { html }), ['404']);
    const rows = await visit.rows(5);
    expect(rows.filter(({ name }) => name === '404').map(({ path }) => path)).toEqual(['/gone', '/soft']);
  });

  it('tell how long and how far each view was read', async () => {
    await using visit = await rig.visit('read', { viewport: { width: 800, height: 500 } });
    const html = `${tag(visit, 'engagement')}<div style="height: 1500px"></div>`;
    const page = await openWith(visit, rig.site.page('/read', { html }), ['engagement']);
    await page.mouse.move(10, 10);
    await page.mouse.wheel(0, 250);
    await page.waitForFunction(() => scrollY > 100);
    await page.waitForFunction(() => performance.now() > 1_500);
    await page.evaluate(() => history.pushState({}, '', '/read/on'));
    const rows = await visit.rows(3);
    expect(rows.map(({ name, path }) => [name, path]).toSorted()).toEqual([
      ['engagement', '/read'],
      ['pageview', '/read'],
      ['pageview', '/read/on'],
    ]);
    const { properties } = rows.find(({ name }) => name === 'engagement')!;
    expect(properties.engaged_seconds).toBeGreaterThanOrEqual(1);
    expect(properties.scroll_percent).toBeGreaterThan(30);
    expect(properties.scroll_percent).toBeLessThan(80);
  });

  it('tell how the page loaded, when it is left', async () => {
    await using visit = await rig.visit('vitals');
    const html = `${tag(visit, 'vitals')}<h1>Largest</h1>`;
    const page = await openWith(visit, rig.site.page('/vitals', { html }), ['vitals']);
    await page.click('h1');
    await page.goto('about:blank');
    const rows = await visit.rows(2);
    expect(rows[1]).toMatchObject({
      name: 'web_vitals',
      path: '/vitals',
      properties: { lcp: expect.any(Number), fcp: expect.any(Number), ttfb: expect.any(Number) },
    });
  });

  it.each(['html', 'gtm'])(
    'work as the %s snippet of this instance, checked against their hashes',
    async (framework) => {
      await using visit = await rig.visit(`snippet-${framework}`);
      const args = ['--site', visit.account, '--url', visit.front.url, '--options', 'clicks', '--sri'];
      const { stdout } = await runCli(['snippet', '--home', rig.daemon.home, '--framework', framework, ...args]);
      expect(stdout).toContain('sha384-');
      const html = `${stdout}<button data-x-track="pasted">x</button>`;
      const page = await openWith(visit, rig.site.page(`/${visit.account}`, { html }), ['clicks']);
      await page.click('button');
      expect(await visit.names(2)).toEqual(['pageview', 'pasted']);
    },
  );

  it('run as a module of the package too, in a bundle that adds nothing to the globals of its page', async () => {
    await using visit = await rig.visit('module');
    const page = await visit.open(rig.site.page('/module', { html: '<button data-track="bundled">x</button>' }));
    const bundle = readFileSync(join(packageRoot(), 'dist', 'tracker', 'index.js'), 'utf8');
    const options = JSON.stringify({
      host: visit.front.url,
      collectPath: '/assets/sync',
      site: 'module',
      params: ['q'],
    });
    await page.addScriptTag({ type: 'module', content: `${bundle}\nclicks(init(${options}));` });
    await page.click('button');
    expect((await visit.names(2)).toSorted()).toEqual(['bundled', 'pageview']);
    expect(await page.evaluate(() => 'trackflow' in window)).toBe(false);
  });

  it('do not run when a file is not what the snippet promised', async () => {
    await using visit = await rig.visit('forged');
    const args = ['--site', visit.account, '--url', visit.front.url, '--sri', '--json'];
    const { stdout } = await runCli(['snippet', '--home', rig.daemon.home, ...args]);
    const { snippet, integrity } = JSON.parse(stdout) as { snippet: string; integrity: string };
    const forged = snippet.replace(integrity, `sha384-${'A'.repeat(64)}`);
    const page = await visit.open(rig.site.page('/forged', { html: forged }));
    expect(await page.evaluate(() => typeof window.trackflow)).toBe('undefined');
  });
});
