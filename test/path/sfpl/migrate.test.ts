import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCli } from '../../support/cli.ts';
import { startDaemon, type TestDaemon } from '../../support/daemon.ts';
import { startTracker, type Tracker } from '../../support/sfpl-tracker.ts';
import { temporaryHome } from '../../support/temporary-home.ts';
import { until } from '../../support/until.ts';

/** `trackflow migrate sfpl`: the ClickHouse of that tracker, with what is in its tables, into an instance of ours. */
const ROWS = 6_000;
const KILLS = 2;
const WAIT_MS = 120_000;
const VISITOR = 'aaaaaaaa-0000-1000-8000-00000000000a';

let tracker: Tracker;
let sourceFile: string;
beforeAll(async () => {
  tracker = await startTracker();
  sourceFile = path.join(tracker.engine.home, 'source');
  fs.writeFileSync(sourceFile, tracker.url.replace('@', `:${tracker.password}@`), { mode: 0o600 });
  await tracker.command(`INSERT INTO sfpla.events (eid, vid, ename, url, params, created_at)
    SELECT UUIDNumToString(MD5(toString(number))), UUIDNumToString(MD5(concat('v', toString(number % 50)))), 'view', concat('shop.example/p/', toString(number)),
      concat('{"n":', toString(number), ',"s":"', hex(randomString(200)), '"}'), toDateTime64('2025-05-01 00:00:00.000', 3, 'UTC') + number FROM numbers(${ROWS})`);
  await tracker.command(`INSERT INTO sfpla.payments (id, vid, orid, revenue, currency, created_at, paid_at)
    SELECT UUIDNumToString(MD5(concat('p', toString(number)))), '${VISITOR}', UUIDNumToString(MD5(concat('o', toString(number)))), number / 100, 'EUR',
      toDateTime64('2025-05-01 00:00:00.000', 3, 'UTC') + number, toDateTime64('2025-05-01 00:00:00.000', 3, 'UTC') FROM numbers(500)`);
  for (const table of ['agreements', 'agreed']) {
    await tracker.command(`INSERT INTO sfpla.${table} (vid, cflags, created_at, updated_at) VALUES
      ('${VISITOR}', 1024, '2025-04-01 00:00:00', '2025-04-01 00:00:00'), ('${VISITOR}', 4096, '2025-04-02 00:00:00', '2025-04-02 00:00:00')`);
  }
  await tracker.command(`INSERT INTO sfpla.redirects (urlfrom, urlto, created_at, updated_at) VALUES
    ('go.example/sale', 'https://shop.example/new', '2025-01-01 00:00:00', '2025-03-01 00:00:00'), ('go.example/other', 'https://shop.example/other', '2025-01-02 00:00:00', '2025-01-02 00:00:00')`);
  await tracker.command(`INSERT INTO sfpla.redirect_history (urlfrom, hostfrom, urlto, updated_at) VALUES
    ('go.example/sale', 'go.example', 'https://shop.example/old', '2025-01-01 00:00:00'), ('go.example/sale', 'go.example', 'https://shop.example/new', '2025-03-01 00:00:00')`);
});
afterAll(() => tracker.stop());

const command = (home: string, ...args: string[]) => [
  'migrate',
  'sfpl',
  '--home',
  home,
  '--from-file',
  sourceFile,
  ...args,
];

/** Everything of the events on either side as one hash, by a statement that verifies no chunk. */
const hashes = async (daemon: TestDaemon) => ({
  source: await tracker.engine.query(
    `SELECT toUInt32(count()) AS rows, toString(sum(cityHash64(toString(eid), toString(vid), url, toString(toTimeZone(created_at, 'UTC')), toString(params.n), toString(params.s)))) AS hash FROM sfpla.events`,
  ),
  target: await daemon.query(
    `SELECT toUInt32(count()) AS rows, toString(sum(cityHash64(toString(event_id), visitor_id, url, toString(occurred_at), toString(properties.n), toString(properties.s)))) AS hash FROM events WHERE name = 'view'`,
  ),
});

it('a dry run prints the plan and writes nothing', async () => {
  const home = path.join(temporaryHome(), 'home');
  const { code, stdout } = await runCli(command(home, '--dry-run'));
  expect(code).toBe(0);
  expect(stdout).toMatch(/server +ClickHouse \d+\./);
  expect(stdout).toMatch(/sfpla\.events → events +about 6,000 rows/);
  expect(stdout).toMatch(/visitor_id +String +vid/);
  expect(stdout).toContain('ip and iphash stay behind');
  expect(stdout).toContain('none lost now');
  expect(stdout).not.toContain(tracker.password);
  expect(fs.existsSync(home)).toBe(false);
});

it('kill -9 in the middle, again and again, and --resume bring every row once, with links and consents', async () => {
  await using daemon = await startDaemon();
  const slow = ['--throttle', '1MiB', '--chunk', '1000'];
  let resume: string[] = [];
  for (let kill = 0; kill < KILLS; kill++) {
    const before = await verified(daemon);
    const running = runCli(command(daemon.home, ...slow, ...resume));
    await until(async () => (await verified(daemon)) > before, WAIT_MS);
    await daemon.kill();
    expect((await running).code).not.toBe(0);
    await daemon.start();
    resume = ['--resume'];
  }
  const { code, stdout, stderr } = await runCli(command(daemon.home, ...slow, '--resume', '--json'));
  expect({ code, stderr }).toMatchObject({ code: 0 });
  expect(stderr).toContain('"schema":"trackflow.migration-progress/1"');
  expect(JSON.parse(stdout)).toMatchObject({
    schema: 'trackflow.migration/1',
    preset: 'sfpl',
    consistent: true,
    tables: [
      { source: 'sfpla.events', target: 'events', state: 'verified', rows: ROWS },
      { source: 'sfpla.payments', target: 'payments', state: 'verified', rows: 500 },
      { source: 'sfpla.agreements and sfpla.agreed', target: 'agreements', state: 'verified', rows: 2 },
      { target: 'consents', state: 'verified', rows: 1 },
      { target: 'links', state: 'verified', rows: 2 },
    ],
  });
  const { source, target } = await hashes(daemon);
  expect(target).toEqual(source);
  expect(source).toMatchObject([{ rows: ROWS }]);

  // The visitor who agreed to everything there is known here, and a link leads where it led, with its history.
  const stored = await fetch(`${daemon.url}/tr/v1/ppi/agree?vid=${VISITOR}`);
  expect(await stored.json()).toMatchObject([{ cflags: 4096 }, { cflags: 1024 }]);
  const followed = await fetch(`${daemon.url}/sale`, { redirect: 'manual' });
  expect([followed.status, followed.headers.get('location')]).toEqual([302, 'https://shop.example/new']);
  const shown = await runCli(['links', 'show', 'go.example/sale', '--home', daemon.home, '--json']);
  expect(JSON.parse(shown.stdout)).toMatchObject({
    createdAt: Date.UTC(2025, 0, 1),
    changes: [
      { target: 'https://shop.example/old', change: 'created', at: Date.UTC(2025, 0, 1) },
      { target: 'https://shop.example/new', change: 'replaced', at: Date.UTC(2025, 2, 1) },
    ],
  });

  // What is altered is found, and put right.
  await alter(
    daemon,
    `ALTER TABLE payments UPDATE amount = amount + 1 WHERE amount = 1.23 SETTINGS mutations_sync = 2`,
  );
  const compared = await runCli(command(daemon.home, '--verify-only'));
  expect({ code: compared.code, stdout: compared.stdout }).toEqual({
    code: 78,
    stdout: expect.stringMatching(/sfpla\.payments +payments +differs[\s\S]*the checksums differ/),
  });
  const repaired = await runCli(command(daemon.home, '--repair'));
  expect({ code: repaired.code, stdout: repaired.stdout }).toMatchObject({ code: 0 });

  // A second run, and a link that was changed here since.
  await runCli(['links', 'create', 'go.example/sale', 'https://shop.example/ours', '--home', daemon.home]);
  const again = await runCli(command(daemon.home));
  expect({ code: again.code, stdout: again.stdout }).toEqual({
    code: 0,
    stdout: expect.stringMatching(/sfpla\.events +events +verified +0 /),
  });
  expect((await hashes(daemon)).target).toEqual(source);
  expect((await fetch(`${daemon.url}/sale`, { redirect: 'manual' })).headers.get('location')).toBe(
    'https://shop.example/ours',
  );
}, 300_000);

it('a row of that tracker becomes the same event as if it had come over the wire', async () => {
  const fields = {
    ...{ vid: VISITOR, sid: VISITOR, uid: VISITOR, tid: VISITOR, rid: VISITOR, ref: VISITOR, did: VISITOR },
    ...{
      ename: 'buy',
      etyp: 'shop',
      ptyp: 'cart',
      app: 'web',
      rel: '1.2',
      url: 'https://shop.example/a/b',
      relation: 'order',
    },
    ...{
      last: 'https://google.com/search',
      source: 'news',
      medium: 'mail',
      campaign: 'may',
      term: 'socks',
      content: 'top',
    },
    ...{ country: 'de', region: 'bavaria', city: 'munich', zip: '80331', tz: 'Europe/Berlin', lat: 48.5, lon: 11.5 },
    ...{
      device: 'phone',
      os: 'Android',
      browser: 'Firefox',
      culture: 'de-DE,de;q=0.9',
      xid: 'x-1',
      split: 'b',
      sink: 'paid',
    },
    ...{ score: 2.5, duration: 1200, cflags: 4096, gaid: 'g-1', rcode: 'r-1', aff: 'a-1', ja4h: 'j-1', org: 'sub' },
  };
  await using daemon = await startDaemon({ settings: { 'sfpl.enforceConsent': false } });
  const [wire, row] = ['11111111-0000-1000-8000-000000000001', '22222222-0000-1000-8000-000000000002'];
  const said = { ...fields, w: 1280, h: 720, auth_id: VISITOR, plan: 'pro', n: 7, targets: { ad: 't-1' } };
  expect((await daemon.post({ ...said, oid: wire }, { path: '/tr/v1/str/' })).status).toBe(200);
  const stored = {
    ...fields,
    oid: row,
    vp_w: 1280,
    vp_h: 720,
    auth: VISITOR,
    params: '{"plan":"pro","n":7}',
    targets: '{"ad":"t-1"}',
  };
  const values = Object.values(stored).map((value) => (typeof value === 'number' ? value : `'${value}'`));
  await tracker.command(`INSERT INTO sfpla.events (${Object.keys(stored).join(', ')}) VALUES (${values.join(', ')})`);
  try {
    expect((await runCli(command(daemon.home, '--only', 'events'))).code).toBe(0);
    await daemon.drained();
    const own = ['event_id', 'account', 'occurred_at', 'received_at', 'batch', 'properties'].join(', ');
    const event = async (account: string) => {
      const [found] = await daemon.query<{ properties: string }>(
        `SELECT * EXCEPT (${own}), toJSONString(properties) AS properties FROM events WHERE account = '${account}'`,
      );
      return { ...found, properties: JSON.parse(found!.properties) };
    };
    expect(await event(row)).toEqual(await event(wire));
  } finally {
    await tracker.command(`DELETE FROM sfpla.events WHERE oid = '${row}'`);
  }
});

it('a redirect that can be no link here is named, and left behind where that is allowed', async () => {
  await tracker.command(
    `INSERT INTO sfpla.redirects (urlfrom, urlto) VALUES ('go.example/bad', 'javascript:alert(1)')`,
  );
  await using daemon = await startDaemon();
  const { home } = daemon;
  const strict = await runCli(command(home, '--only', 'redirects'));
  expect({ code: strict.code, stdout: strict.stdout }).toEqual({
    code: 65,
    stdout: expect.stringMatching(/go\.example\/bad: urlto is no http or https address/),
  });
  expect((await runCli(command(home, '--only', 'redirects', '--allow-lossy'))).code).toBe(0);
  const listed = await runCli(['links', 'list', '--home', home, '--json']);
  expect(listed.stdout).not.toContain('javascript');
  await tracker.command(`DELETE FROM sfpla.redirects WHERE urlfrom = 'go.example/bad'`);
});

it.each([
  [['--from', 'postgres://x/y'], 2, 'no address of a ClickHouse database'],
  [['--from', 'clickhouse://default@127.0.0.1:9000/sfpla'], 2, '9000 is the port of the native protocol'],
  [[], 2, '--from names it'],
  [['--from', 'clickhouse://default@127.0.0.1:1/sfpla'], 69, '127.0.0.1:1'],
  [['--from', 'URL', '--only', 'nothing'], 2, 'agreements'],
  [['--from', 'URL'], 65, 'Authentication failed'],
  [['--from-file', 'FILE', '--resume'], 65, 'there is no migration'],
])('%j ends with %i and says why', async (args, exit, why) => {
  const given = args.map((arg) => arg.replace('URL', tracker.url).replace('FILE', sourceFile));
  const { code, stderr } = await runCli(['migrate', 'sfpl', '--home', temporaryHome(), ...given]);
  expect({ code, stderr }).toEqual({ code: exit, stderr: expect.stringContaining(why) });
  expect(stderr).not.toContain(tracker.password);
});

/** Chunks that are verified, by what the task says of it. */
async function verified(daemon: TestDaemon): Promise<number> {
  const { tasks } = await daemon.control.tasks({ kind: 'migrate-sfpl' });
  if (tasks.length === 0) return 0;
  const { steps } = await daemon.control.task(Number(tasks[0]!.id));
  return steps.reduce((sum, { checkpoint }) => sum + ((checkpoint as { verified?: number } | null)?.verified ?? 0), 0);
}

async function alter(daemon: TestDaemon, sql: string): Promise<void> {
  const { code, stderr } = await runCli(['engine', 'sql', '--home', daemon.home, '--write', '--yes', '-e', sql]);
  expect({ code, stderr }).toMatchObject({ code: 0 });
}
