/**
 * Prints the Overview under load as text, for the README:
 * `npx node test/bench/capture-dash.ts [COLUMNS ROWS [VIEW]]`. The real daemon takes uneven traffic of a few sites for
 * `CAPTURE_SECONDS`; the dashboard runs in tmux.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { startDaemon } from '../support/daemon.ts';
import { commandLine, openTerminal } from '../support/tmux.ts';

const SECONDS = Number(process.env.CAPTURE_SECONDS ?? 75);
const [columns = 120, rows = 32, view = 1] = process.argv.slice(2).map(Number);

const EVENTS_PER_SECOND = 1_500;
const REQUESTS_PER_SECOND = 20;
/** Traffic swells and ebbs once in this time. */
const WAVE_MS = 24_000;
const SITES = [
  { account: 'shop', name: 'pageview', share: 12 },
  { account: 'shop', name: 'add_to_cart', share: 4 },
  { account: 'shop', name: 'purchase', share: 1 },
  { account: 'blog', name: 'pageview', share: 6 },
  { account: 'app', name: 'screen', share: 8 },
  { account: 'app', name: 'signup', share: 1 },
] as const;
const LOTS = SITES.flatMap((site) => Array.from({ length: site.share }, () => site));
const PAGES = ['/', '/pricing', '/docs', '/blog/launch', '/join'];
const HEADERS = { 'content-type': 'application/json', 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0' };

let n = 0;

function event(): object {
  n++;
  const { account, name } = LOTS[(n * 7) % LOTS.length]!;
  const url = `https://${account}.example${PAGES[(n * 3) % PAGES.length]}${n % 4 === 0 ? '?utm_campaign=spring' : ''}`;
  // One in two hundred has no name, and is rejected.
  return { account, ...(n % 200 === 0 ? {} : { name }), visitor_id: `v${(n * 31) % 640}`, url };
}

async function load(url: string, until: number): Promise<void> {
  for (let nextAt = Date.now(); nextAt < until; nextAt += 1_000 / REQUESTS_PER_SECOND) {
    const swell = 1 + 0.5 * Math.sin((nextAt / WAVE_MS) * 2 * Math.PI);
    const body = JSON.stringify(Array.from({ length: (EVENTS_PER_SECOND / REQUESTS_PER_SECOND) * swell }, event));
    await (await fetch(`${url}/v1/events`, { method: 'POST', headers: HEADERS, body })).arrayBuffer();
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, nextAt - Date.now())));
  }
}

// The name of the instance is that of its folder.
const home = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'trackflow-')), 'default');
fs.mkdirSync(home);
await using _home = {
  [Symbol.asyncDispose]: () => fs.promises.rm(path.dirname(home), { recursive: true, maxRetries: 50, retryDelay: 100 }),
};
await using daemon = await startDaemon({ home });
const loading = load(daemon.url, Date.now() + SECONDS * 1_000);
await using terminal = openTerminal(`exec ${commandLine('dash', '--home', daemon.home)}`, { columns, rows });
await terminal.shows(/LIVE/);
terminal.press('-', String(view));
await new Promise((resolve) => setTimeout(resolve, (SECONDS - 2) * 1_000));
const screen = terminal.screen();
await loading;
process.stdout.write(`${screen.join('\n').trimEnd()}\n`);
