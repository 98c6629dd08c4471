import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { available } from './requirement.ts';

const EXECUTABLE = process.env.TRACKFLOW_TEST_CHROMIUM ?? '/usr/bin/chromium';

/** A Chromium of the system; none is ever downloaded. */
export const hasChromium = () =>
  available('chromium', () => {
    execFileSync(EXECUTABLE, ['--version'], { stdio: 'ignore' });
    return true;
  });

/** A host name that leads to this machine and is no secure context: there are no Web Locks and no `randomUUID`. */
export const INSECURE_HOST = 'shop.test';

/** Starts it without a window. Its back-forward cache works as it does for people. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: EXECUTABLE,
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
    args: ['--no-sandbox', `--host-resolver-rules=MAP ${INSECURE_HOST} 127.0.0.1`],
  });
}

/** A browser with one page that nobody holds in hand: where there is a debugger, Chromium prerenders nothing. */
export function openUnattended(url: string): AsyncDisposable {
  const profile = mkdtempSync(join(tmpdir(), 'trackflow-chromium-'));
  const args = ['--headless', '--no-sandbox', '--remote-debugging-port=0', `--user-data-dir=${profile}`, url];
  const child = spawn(EXECUTABLE, args, { stdio: 'ignore' });
  const exited = once(child, 'exit');
  return {
    async [Symbol.asyncDispose]() {
      child.kill();
      await exited;
      rmSync(profile, { recursive: true, force: true, maxRetries: 50, retryDelay: 100 });
    },
  };
}

export interface SitePage {
  readonly html: string;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A web site on an origin of its own. What has no page of its own is an empty one with the path as its title. */
export class TestSite implements AsyncDisposable {
  readonly #server = createServer((req, res) => {
    const { pathname } = new URL(req.url!, 'http://site');
    const { html, status = 200, headers } = this.#pages.get(pathname) ?? { html: `<title>${pathname}</title>` };
    this.requested.push(pathname);
    res.writeHead(status, { 'Content-Type': 'text/html; charset=utf-8', ...headers });
    res.end(`<!doctype html>${html}`);
  });
  /** Paths that were asked for. */
  readonly requested: string[] = [];
  readonly #pages = new Map<string, SitePage>();

  async listen(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  /** Puts a page at a path and returns its URL; `host`: under which name. */
  page(path: string, page: SitePage, host = '127.0.0.1'): string {
    this.#pages.set(path, page);
    return `http://${host}:${(this.#server.address() as AddressInfo).port}${path}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
