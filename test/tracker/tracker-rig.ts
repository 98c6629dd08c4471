import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { openBrowser, TestSite } from '../support/browser.ts';
import { type CollectorFront, openFront } from '../support/collector-front.ts';
import { startDaemon, type TestDaemon } from '../support/daemon.ts';

/** A row of the table `events`, as far as these tests look at it. */
export interface Row {
  readonly id: string;
  readonly name: string;
  readonly url: string;
  readonly path: string;
  readonly title: string;
  readonly referrer: string;
  readonly user_id: string;
  readonly visitor_id: string;
  readonly screen: string;
  readonly timezone: string;
  readonly time_clamped: number;
  readonly revenue: string;
  readonly currency: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** One browser, one real daemon and one site for all tests of a file. */
export class TrackerRig implements AsyncDisposable {
  readonly browser: Browser;
  readonly daemon: TestDaemon;
  readonly site: TestSite;

  constructor(browser: Browser, daemon: TestDaemon, site: TestSite) {
    this.browser = browser;
    this.daemon = daemon;
    this.site = site;
  }

  /** A visitor with a storage of their own, and a collector whose requests the test sees. */
  async visit(account: string, options: BrowserContextOptions = {}): Promise<Visit> {
    const context = await this.browser.newContext(options);
    return new Visit(this, account, context, await openFront(this.daemon.url));
  }

  /** Rows of an account once `count` of them are stored and nothing is under way; fails when there are more or fewer. */
  async rows(account: string, count: number): Promise<Row[]> {
    let rows: Row[] = [];
    try {
      await this.daemon.until(async () => {
        rows = await this.daemon.query<Row>(
          `SELECT toString(event_id) AS id, name, url, path, title, referrer, user_id, visitor_id, screen, timezone,
           time_clamped, toString(revenue) AS revenue, currency, properties
           FROM events WHERE account = '${account}' ORDER BY UUIDToNum(event_id) LIMIT 2000`,
        );
        return rows.length >= count;
      }, 40_000);
    } catch {
      throw new Error(`${rows.length} of ${count} events: ${rows.map(({ name }) => name).join(' ')}`);
    }
    await this.daemon.drained();
    if (rows.length > count) throw new Error(`${rows.length} events, not ${count}`);
    return rows;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.browser.close();
    await this.site[Symbol.asyncDispose]();
    await this.daemon[Symbol.asyncDispose]();
  }
}

export async function openRig(settings: Readonly<Record<string, unknown>> = {}): Promise<TrackerRig> {
  const [browser, daemon, site] = await Promise.all([
    openBrowser(),
    startDaemon({ settings: { 'flush.strategy': 'immediate', ...settings } }),
    new TestSite().listen(),
  ]);
  return new TrackerRig(browser, daemon, site);
}

/** One test's visitor. Nothing that a page threw or failed to catch may be left when it is over. */
export class Visit implements AsyncDisposable {
  readonly context: BrowserContext;
  readonly front: CollectorFront;
  readonly account: string;
  readonly #rig: TrackerRig;
  readonly #thrown: string[] = [];

  constructor(rig: TrackerRig, account: string, context: BrowserContext, front: CollectorFront) {
    this.#rig = rig;
    this.account = account;
    this.context = context;
    this.front = front;
    context.on('weberror', (error) => this.#thrown.push(String(error.error())));
  }

  /** The tag that loads the tracker from the collector. */
  tag(attributes = ''): string {
    return `<script defer src="${this.front.url}/trackflow.js" data-site="${this.account}" ${attributes}></script>`;
  }

  async open(url: string): Promise<Page> {
    const page = await this.context.newPage();
    await page.goto(url);
    return page;
  }

  rows(count: number): Promise<Row[]> {
    return this.#rig.rows(this.account, count);
  }

  /** Names of stored events, each as often as it is stored, in the order in which they were tracked. */
  async names(count: number): Promise<string[]> {
    return (await this.rows(count)).map(({ name }) => name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.context.close();
    await this.front[Symbol.asyncDispose]();
    if (this.#thrown.length > 0) throw new Error(`thrown into the page: ${this.#thrown.join('; ')}`);
  }
}
