import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { CREDENTIALS, type Credential, opens, TR_ROUTES } from '../../src/access/routes.ts';
import { runCli } from '../support/cli.ts';
import { startDaemon, type TestDaemon } from '../support/daemon.ts';

/** Several starts of a daemon, and commands beside them. */
const TEST_MS = 180_000;

/** Accounts, keys and limits of a real daemon, changed with the commands while it takes events. */

async function cli<Document>(daemon: TestDaemon, ...args: string[]): Promise<Document> {
  const { code, stdout, stderr } = await runCli([...args, '--home', daemon.home, '--json']);
  expect([code, stderr.includes('error')], stdout + stderr).toEqual([0, false]);
  return JSON.parse(stdout) as Document;
}

interface KeyMade {
  readonly key: string;
  readonly record: { readonly id: string };
}

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

async function statusOf(daemon: TestDaemon, body: object, headers: Record<string, string> = {}, to = '/v1/events') {
  const response = await daemon.post(body, { path: to, headers });
  await response.text();
  return response.status;
}

/** Every file that the daemon has written but the engine's and the spool's own, as text. */
function writtenText(home: string): string {
  const folders = [home, path.join(home, 'logs'), path.join(home, 'run')];
  return folders
    .flatMap((folder) => fs.readdirSync(folder, { withFileTypes: true }).map((entry) => ({ folder, entry })))
    .filter(({ entry }) => entry.isFile())
    .map(({ folder, entry }) => fs.readFileSync(path.join(folder, entry.name), 'latin1'))
    .join('\n');
}

test(
  'accounts decide from one event to the next what is taken, without a restart',
  async () => {
    await using daemon = await startDaemon({ listeningOnly: true, settings: { 'listen.collectors': 2 } });
    expect(await statusOf(daemon, { name: 'n', account: 'anything' })).toBe(202);
    await cli(daemon, 'accounts', 'add', 'shop', '--name', 'The shop');
    const becomes = (status: number, account: string) =>
      daemon.until(async () => (await statusOf(daemon, { name: 'n', account })) === status);
    await becomes(202, 'shop');
    await becomes(404, 'anything');
    expect(await statusOf(daemon, { account_id: 'anything', data: 1 }, {}, '/')).toBe(404);
    await cli(daemon, 'accounts', 'pause', 'shop');
    await becomes(403, 'shop');
    expect(await statusOf(daemon, { user_id: 'u', action: 'a', account: 'shop' }, {}, '/track')).toBe(403);
    await cli(daemon, 'accounts', 'resume', 'shop');
    await becomes(202, 'shop');

    const file = path.join(daemon.home, 'accounts.ndjson');
    fs.writeFileSync(file, '{"id":"blog","origins":["https://blog.example"]}\n{"id":"shop","name":"Renamed"}\n');
    expect(await cli(daemon, 'accounts', 'import', file)).toMatchObject({ added: 1, changed: 1, unchanged: 0 });
    expect(await cli(daemon, 'accounts', 'show', 'shop')).toMatchObject({ name: 'Renamed', active: true });
    fs.writeFileSync(file, '{"id":"new"}\n{"id":"blog","origins":["blog.example"]}\n');
    const refused = await runCli(['accounts', 'import', file, '--home', daemon.home]);
    expect([refused.code, refused.stderr.includes('"blog.example"')]).toEqual([65, true]);
    const { accounts } = await cli<{ accounts: { id: string }[] }>(daemon, 'accounts', 'list');
    expect(accounts.map(({ id }) => id)).toEqual(['blog', 'shop']);

    await cli(daemon, 'accounts', 'remove', 'blog', '--yes');
    await cli(daemon, 'accounts', 'remove', 'shop', '--yes');
    await becomes(202, 'anything');
  },
  TEST_MS,
);

test(
  'keys are made, rotated and revoked under load; nothing is lost, and no secret is written anywhere',
  async () => {
    await using daemon = await startDaemon({
      settings: { 'listen.collectors': 2, 'access.write': 'key', 'access.read': 'key' },
    });
    expect(await statusOf(daemon, { name: 'n' })).toBe(401);
    const made = await cli<KeyMade>(daemon, 'keys', 'create', 'write', '--account', 'shop');
    const secrets = [made.key];
    let key = made.key;
    let stopped = false;
    const statuses = new Map<number, number>();
    const sender = async () => {
      for (let n = 0; !stopped; n++) {
        const status = await statusOf(daemon, { name: `n${n}` }, bearer(key));
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        // The commands beside it want to run too.
        await sleep(2);
      }
    };
    await daemon.until(async () => (await statusOf(daemon, { name: 'first' }, bearer(key))) === 202);
    const senders = [sender(), sender()];
    let id = made.record.id;
    for (let round = 0; round < 3; round++) {
      const next = await cli<KeyMade>(daemon, 'keys', 'rotate', id, '--overlap', '1h');
      await daemon.until(async () => (await statusOf(daemon, { name: 'probe' }, bearer(next.key))) === 202);
      key = next.key;
      id = next.record.id;
      secrets.push(next.key);
    }
    stopped = true;
    await Promise.all(senders);
    expect([...statuses.keys()]).toEqual([202]);

    await cli(daemon, 'keys', 'revoke', id);
    await daemon.until(async () => (await statusOf(daemon, { name: 'late' }, bearer(key))) === 401);
    const admin = await cli<KeyMade>(daemon, 'keys', 'create', 'admin');
    secrets.push(admin.key);
    await daemon.until(
      async () => (await fetch(`${daemon.url}/status`, { headers: bearer(admin.key) })).status === 200,
    );
    expect((await fetch(`${daemon.url}/activities?key=${admin.key}`)).status).toBe(401);

    // The first of them was used; when, is told once a second.
    await daemon.until(async () => {
      const { keys } = await cli<{ keys: { id: string; lastUsedAt: string | null }[] }>(daemon, 'keys', 'list');
      return keys.find((one) => one.id === made.record.id)?.lastUsedAt !== null;
    });
    const { audit } = await cli<{ audit: { action: string; subject: string }[] }>(daemon, 'keys', 'list', '--audit');
    expect(audit.map(({ action }) => action)).toEqual([
      'key.create',
      'key.revoke',
      'key.rotate',
      'key.rotate',
      'key.rotate',
      'key.create',
    ]);
    const bundle = path.join(daemon.home, 'bundle.tar.gz');
    await runCli(['doctor', '--home', daemon.home, '--bundle', bundle]);
    const { gunzipSync } = await import('node:zlib');
    const written = writtenText(daemon.home) + gunzipSync(fs.readFileSync(bundle)).toString('latin1');
    for (const secret of secrets) expect(written.includes(secret.slice(-43))).toBe(false);
    await daemon.drained();
    const [row] = await daemon.query<{ accounts: string[] }>('SELECT groupUniqArray(account) AS accounts FROM events');
    expect(row!.accounts).toEqual(['shop']);
  },
  TEST_MS,
);

test(
  'a limit of the day is counted exactly over collectors and restarts',
  async () => {
    const home = fs.mkdtempSync('/tmp/trackflow-limits-');
    onTestFinished(() => fs.rmSync(home, { recursive: true, force: true, maxRetries: 50, retryDelay: 100 }));
    // Midnight in the middle of it would begin anew.
    const untilMidnight = 86_400_000 - (Date.now() % 86_400_000);
    if (untilMidnight < 60_000) await sleep(untilMidnight);
    const settings = { 'listen.collectors': 2, 'limits.accountEventsPerDay': 100 };
    let accepted = 0;
    const flood = async (daemon: TestDaemon, count: number) => {
      const answers = await Promise.all(
        Array.from({ length: count }, async () => {
          const response = await daemon.post({ name: 'n', account: 'shop' }, { headers: { connection: 'close' } });
          await response.text();
          return response;
        }),
      );
      accepted += answers.filter(({ status }) => status === 202).length;
      return answers;
    };
    {
      await using daemon = await startDaemon({ home, settings, listeningOnly: true });
      await cli(daemon, 'accounts', 'add', 'shop');
      await daemon.until(async () => (await statusOf(daemon, { name: 'n', account: 'other' })) === 404);
      await flood(daemon, 60);
      expect(accepted).toBe(60);
      expect(await daemon.stop()).toBe(0);
    }
    {
      await using daemon = await startDaemon({ home, settings, listeningOnly: true });
      const answers = await flood(daemon, 80);
      expect(accepted).toBe(100);
      const refused = answers.find(({ status }) => status === 429)!;
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(refused.headers.get('ratelimit-policy')).toBe('"account-events";q=100;w=86400');
      expect(refused.headers.get('ratelimit')).toMatch(/^"account-events";r=0;t=\d+$/);
      expect((await daemon.status()).events.accepted).toBe(100);
    }
  },
  TEST_MS,
);

test(
  'where others can reach it, events need a key and reads answer on this machine alone',
  async () => {
    await using daemon = await startDaemon({ listeningOnly: true, settings: { 'listen.host': '0.0.0.0' } });
    const { readsUrl } = await daemon.status();
    const port = new URL(daemon.url).port;
    const outside = `http://127.0.0.1:${port}`;
    expect(new URL(readsUrl)).toMatchObject({ hostname: '127.0.0.1' });
    expect(new URL(readsUrl).port).not.toBe(port);
    const ask = async (url: string) => (await fetch(url)).status;
    expect(await statusOf(daemon, { name: 'n' })).toBe(401);
    for (const route of ['/activities', '/v1/stats/totals', '/status', '/metrics']) {
      expect([route, await ask(outside + route)]).toEqual([route, 404]);
    }
    expect([await ask(`${outside}/ping`), await ask(`${outside}/health`)]).toEqual([200, 200]);
    expect([await ask(`${readsUrl}/status`), await ask(`${readsUrl}/metrics`)]).toEqual([200, 200]);
    expect((await fetch(`${readsUrl}/v1/events`, { method: 'POST', body: '{}' })).status).toBe(404);
    expect((await fetch(`${readsUrl}/status`, { headers: { origin: 'https://page.example' } })).status).toBe(403);

    // Both tell of the daemon that runs, with the flags it was started with.
    const { stdout } = await runCli(['doctor', '--security', '--json', '--home', daemon.home]);
    const { checks } = JSON.parse(stdout) as { checks: { id: string; verdict: string; seen: string }[] };
    const failed = checks.filter(({ verdict }) => verdict === 'fail');
    expect(failed).toEqual([]);
    expect(checks.find(({ id }) => id === 'events-listener')!.seen).toContain(`0.0.0.0:${port}`);
    const routes = JSON.parse((await runCli(['routes', '--json', '--home', daemon.home])).stdout);
    expect(routes).toMatchObject({ of: 'running', listeners: { events: `0.0.0.0:${port}` } });
    const verdicts = Object.fromEntries(checks.map(({ id, verdict }) => [id, verdict]));
    expect(verdicts).toMatchObject({
      'events-listener': 'warn',
      'events-key': 'pass',
      'strangers-events': 'pass',
      'strangers-reads': 'pass',
      'wrong-key': 'pass',
      rebinding: 'pass',
      smuggling: 'pass',
      'head-limit': 'pass',
      'error-answers': 'pass',
      files: 'pass',
      logs: 'pass',
    });
  },
  TEST_MS,
);

test(
  'reads can have a socket file of their own',
  async () => {
    const socket = `/tmp/trackflow-reads-${process.pid}.sock`;
    const settings = { 'reads.listen': `unix:${socket}`, 'listen.collectors': 2 };
    await using daemon = await startDaemon({ listeningOnly: true, settings });
    const { request } = await import('node:http');
    const status = await new Promise((resolve, reject) => {
      request({ socketPath: socket, path: '/status' }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode));
      })
        .on('error', reject)
        .end();
    });
    expect(status).toBe(200);
    expect(fs.statSync(socket).mode & 0o777).toBe(0o600);
    expect((await fetch(`${daemon.url}/status`)).status).toBe(404);
  },
  TEST_MS,
);

test(
  'a daemon does not start over secrets that other users can open',
  async () => {
    const home = fs.mkdtempSync('/tmp/trackflow-open-');
    onTestFinished(() => fs.rmSync(home, { recursive: true, force: true, maxRetries: 50, retryDelay: 100 }));
    fs.chmodSync(home, 0o755);
    fs.writeFileSync(path.join(home, 'state.db'), '', { mode: 0o644 });
    await expect(startDaemon({ home, listeningOnly: false })).rejects.toThrow(/TF_PERMISSION.*state\.db/);
  },
  TEST_MS,
);

test(
  'the routes of /tr/v1 ask for what the table says, and browsers make no links',
  async () => {
    await using daemon = await startDaemon({ listeningOnly: true, settings: { 'access.write': 'key' } });
    const keys = new Map<Credential, string>();
    for (const kind of ['write', 'server', 'read', 'admin'] as const) {
      keys.set(kind, (await cli<KeyMade>(daemon, 'keys', 'create', kind)).key);
    }
    await daemon.until(async () => (await statusOf(daemon, { name: 'n' }, bearer(keys.get('server')!))) === 202);
    for (const [name, { methods, needs }] of Object.entries(TR_ROUTES)) {
      // A WebSocket is asked for in its own tests, links below.
      if (name === 'ws' || needs === 'administer') continue;
      for (const credential of CREDENTIALS) {
        const headers = credential === 'none' ? {} : bearer(keys.get(credential)!);
        const [method] = methods;
        const response = await fetch(`${daemon.url}/tr/v1/${name}/`, { method, headers, redirect: 'manual' });
        await response.arrayBuffer();
        const isRefused = response.status === 401 || response.status === 403;
        expect([name, credential, !isRefused]).toEqual([name, credential, opens(credential, needs, false)]);
      }
    }
    const link = async (headers: Record<string, string>) => {
      const body = JSON.stringify({ urlfrom: 'http://go.example/a', urlto: 'https://shop.example/' });
      const init = { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body };
      return (await fetch(`${daemon.url}/tr/v1/rpi/redirect`, init)).status;
    };
    expect(await link(bearer(keys.get('read')!))).toBe(403);
    expect(await link({ origin: 'https://page.example' })).toBe(403);
    expect(await link({ 'x-forwarded-for': '192.0.2.1' })).toBe(403);
    expect(await link(bearer(keys.get('admin')!))).toBe(200);
  },
  TEST_MS,
);
