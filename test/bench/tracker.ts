/**
 * What the browser tracker costs a page, beside those of others: bytes, requests for a page view, time of the main thread
 * for an event. `npm run bench:tracker`; needs Chromium, and npm's registry for the others.
 *
 * Each tracker runs in a page of its own, which calls it `EVENTS` times in a row. "call" is the time of those calls,
 * "in all" is what the main thread did from the first call until everything was answered, both for one event: the median
 * of `ROUNDS` fresh pages. The collector is a stub that answers at once. Umami's tracker is not on npm: its size is that of
 * its published source, minified with terser.
 */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import type { Browser } from 'playwright-core';
import { configSchema } from '../../src/config/schema.ts';
import { trackerFiles } from '../../src/snippet/tracker-files.ts';
import { openBrowser, TestSite } from '../support/browser.ts';

const EVENTS = 200;
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);

interface Candidate {
  readonly name: string;
  readonly bytes: number;
  readonly gzip: number;
  /** The script, and the attributes of its element; undefined where only the size is known. */
  readonly page?: { readonly script: string; readonly attributes: string };
}

/** A peer from npm: what its module has to be told so that `window.call(name)` tracks an event. */
const PEERS = [
  {
    name: '@plausible-analytics/tracker',
    entry: (url: string) => `import { init, track } from '@plausible-analytics/tracker';
      init({ domain: 'shop', endpoint: '${url}/api/event', captureOnLocalhost: true });
      window.call = (name) => track(name, { props: { plan: 'pro' } });`,
    alone: `export { init, track } from '@plausible-analytics/tracker';`,
  },
  {
    name: 'plausible-tracker',
    entry: (url: string) => `import Plausible from 'plausible-tracker';
      const { trackEvent, enableAutoPageviews } = Plausible({ domain: 'shop', apiHost: '${url}', trackLocalhost: true });
      enableAutoPageviews();
      window.call = (name) => trackEvent(name, { props: { plan: 'pro' } });`,
    alone: `export { default } from 'plausible-tracker';`,
  },
];

/** Serves the script that is measured, takes everything that it sends, and counts that. */
class Stub {
  requests = 0;
  script = '';
  readonly server = createServer((req, res) => {
    if (req.method === 'GET') {
      res.writeHead(200, { 'Content-Type': 'text/javascript' });
      res.end(this.script);
      return;
    }
    if (req.method === 'POST') this.requests++;
    req.resume().on('end', () => {
      res.writeHead(202, {
        'Access-Control-Allow-Origin': '*',
        'Access-Control-Allow-Headers': '*',
        'Content-Type': 'text/plain',
      });
      res.end('{"accepted":1,"duplicates":0,"rejected":[],"receipt":"r"}');
    });
  });

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }
}

function ours(): Candidate {
  const [tracker] = trackerFiles(configSchema.parse({}));
  const script = `${tracker!.text};window.call = (name) => trackflow(name, { plan: 'pro' });`;
  return {
    name: 'TrackFlow (queue, retry, offline)',
    ...sizes(tracker!.text),
    page: { script, attributes: 'data-site="shop"' },
  };
}

async function peers(url: string, folder: string): Promise<Candidate[]> {
  writeFileSync(path.join(folder, 'package.json'), '{"private":true}');
  const bundle = async (text: string, format: 'iife' | 'esm') => {
    const stdin = { contents: text, resolveDir: folder };
    const { outputFiles } = await build({ stdin, bundle: true, minify: true, format, write: false });
    return outputFiles[0]!.text;
  };
  const found: Candidate[] = [];
  for (const { name, entry, alone } of PEERS) {
    try {
      const args = ['install', '--no-save', '--ignore-scripts', '--loglevel=error', '--prefix', folder, name];
      execFileSync('npm', args, { stdio: ['ignore', 'ignore', 'inherit'] });
    } catch {
      console.error(`${name} could not be installed: left out`);
      continue;
    }
    const script = await bundle(entry(url), 'iife');
    found.push({ name, ...sizes(await bundle(alone, 'esm')), page: { script, attributes: '' } });
  }
  return found;
}

function sizes(text: string): { bytes: number; gzip: number } {
  return { bytes: Buffer.byteLength(text), gzip: gzipSync(text, { level: 9 }).length };
}

async function measure(browser: Browser, site: TestSite, stub: Stub, { page: loaded }: Candidate) {
  const context = await browser.newContext();
  const { script, attributes } = loaded!;
  const html = `<title>bench</title><script src="${stub.url}/bench.js" ${attributes}></script>`;
  const page = await context.newPage();
  Object.assign(stub, { script, requests: 0 });
  await page.goto(site.page('/bench', { html }));
  await idle(stub);
  const view = stub.requests;
  const cdp = await context.newCDPSession(page);
  await cdp.send('Performance.enable');
  const busy = async () => {
    const { metrics } = await cdp.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === 'TaskDuration')!.value * 1e6;
  };
  const before = await busy();
  const calls = await page.evaluate((count) => {
    const { call } = globalThis as unknown as { call: (name: string) => void };
    const start = performance.now();
    for (let n = 0; n < count; n++) call('event');
    return (performance.now() - start) * 1_000;
  }, EVENTS);
  await idle(stub);
  const all = (await busy()) - before;
  const requests = stub.requests - view;
  await context.close();
  return { view, requests, call: calls / EVENTS, all: all / EVENTS };
}

/** Waits until no request has come for half a second. */
async function idle(stub: Stub): Promise<void> {
  for (let seen = -1; seen !== stub.requests; ) {
    seen = stub.requests;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;

const folder = mkdtempSync(path.join(os.tmpdir(), 'trackflow-bench-'));
const stub = new Stub();
stub.server.listen(0, '127.0.0.1');
await once(stub.server, 'listening');
const [browser, site] = await Promise.all([openBrowser(), new TestSite().listen()]);
try {
  const umami: Candidate = { name: 'Umami 3 (size only)', bytes: 4_557, gzip: 2_220 };
  const candidates = [ours(), ...(await peers(stub.url, folder)), umami];
  console.log(
    `${os.cpus()[0]!.model}, ${os.cpus().length} cores, Chromium ${browser.version()}; ${EVENTS} events, median of ${ROUNDS} pages\n`,
  );
  console.log(
    `| | bytes | gzip | requests for a page view | for ${EVENTS} events | µs an event, call | µs an event, in all |`,
  );
  console.log('|---|---|---|---|---|---|---|');
  for (const candidate of candidates) {
    const { name, bytes, gzip } = candidate;
    if (candidate.page === undefined) {
      console.log(`| ${name} | ${bytes} | ${gzip} | – | – | – | – |`);
      continue;
    }
    const rounds: Awaited<ReturnType<typeof measure>>[] = [];
    for (let round = 0; round < ROUNDS; round++) rounds.push(await measure(browser, site, stub, candidate));
    const of = (pick: (round: (typeof rounds)[number]) => number) => median(rounds.map(pick));
    const times = [of(({ call }) => call), of(({ all }) => all)].map((us) => us.toFixed(0));
    console.log(
      `| ${name} | ${bytes} | ${gzip} | ${of(({ view }) => view)} | ${of(({ requests }) => requests)} | ${times.join(' | ')} |`,
    );
  }
} finally {
  await browser.close();
  await site[Symbol.asyncDispose]();
  stub.server.closeAllConnections();
  stub.server.close();
  rmSync(folder, { recursive: true, force: true });
}
