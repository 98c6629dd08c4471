import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCli } from '../support/cli.ts';
import { startDaemon, type TestDaemon } from '../support/daemon.ts';

/** W25 of reference/seed-systems.md: that tracker has no way to erase a person. `trackflow erase` does it for good. */
const ADA = 'visitor-ada';
const BEN = 'visitor-ben';

let daemon: TestDaemon;
beforeAll(async () => {
  daemon = await startDaemon();
});
afterAll(() => daemon[Symbol.asyncDispose]());

const erase = (...args: string[]) => runCli(['erase', '--home', daemon.home, ...args]);
const rowsOf = async (who: string) => {
  const counts = ['events', 'payments', 'agreements'].map((table) => `(SELECT count() FROM ${table} WHERE ${who})`);
  const [row] = await daemon.query<{ counts: number[] }>(`SELECT [${counts.join(', ')}] AS counts`);
  return row!.counts;
};
const send = async (account: string, vid: string, uid: string, months: number) => {
  const events = Array.from({ length: months }, (_, month) => ({
    account,
    name: `visit ${month}`,
    visitor_id: vid,
    user_id: uid,
    occurred_at: new Date(Date.now() - month * 32 * 86_400_000).toISOString(),
  }));
  expect((await daemon.post(events)).status).toBe(202);
  const said = { oid: account, vid, uid };
  for (const [path, body] of [
    ['/tr/v1/ltv/', { ...said, orid: `${vid}-${account}`, amt: 1 }],
    ['/tr/v1/ppi/agree', { ...said, cflags: 4096 }],
  ] as const) {
    expect((await daemon.post(body, { path })).status).toBe(200);
  }
};

it('W25: a visitor goes for good: what is stored of every month, what waits to be stored, and the consent', async () => {
  await send('shop', ADA, 'ada', 3);
  await send('shop', BEN, 'ben', 3);
  await daemon.drained();
  // These wait: the engine does not answer.
  const engine = await daemon.enginePid();
  process.kill(engine, 'SIGSTOP');
  const erased = send('shop', ADA, 'ada', 2).then(() => erase('--visitor', ADA, '--yes', '--json'));
  try {
    await daemon.until(async () => (await daemon.control.tasks({ kind: 'erase' })).tasks.length > 0);
  } finally {
    process.kill(engine, 'SIGCONT');
  }
  const { code, stdout, stderr } = await erased;
  expect({ code, stderr }).toMatchObject({ code: 0 });
  expect(JSON.parse(stdout)).toMatchObject({
    schema: 'trackflow.erasure/1',
    rows: { events: 5, payments: 1, agreements: 2 },
  });
  await daemon.drained();
  expect(await rowsOf(`visitor_id = '${ADA}'`)).toEqual([0, 0, 0]);
  expect(await rowsOf(`visitor_id = '${BEN}'`)).toEqual([3, 1, 1]);
  // Not hidden, but gone from the files.
  const masked = `SELECT if(count() = 0, 'none', 'some') AS masked FROM system.parts WHERE active AND has_lightweight_delete AND database = currentDatabase()`;
  const parts = await runCli(['engine', 'sql', '--home', daemon.home, '--write', '--yes', '-e', masked]);
  expect({ code: parts.code, stdout: parts.stdout }).toEqual({ code: 0, stdout: expect.stringContaining('none') });
  const agreed = await fetch(`${daemon.url}/tr/v1/ppi/agree?vid=${ADA}&oid=shop`);
  expect([agreed.status, await agreed.json()]).toEqual([200, []]);
}, 120_000);

it('a user goes with the rows of one account alone, and what comes later is stored again', async () => {
  await send('one', 'v-1', 'cleo', 1);
  await send('two', 'v-2', 'cleo', 1);
  const { code, stdout } = await erase('--user', 'cleo', '--account', 'one', '--yes');
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: expect.stringMatching(/^erased: 1 row of events, 1 row of payments, 1 row of agreements \(task \d+\)/),
  });
  expect(await rowsOf(`user_id = 'cleo'`)).toEqual([1, 1, 1]);
  await send('one', 'v-1', 'cleo', 1);
  await daemon.drained();
  const [events] = await rowsOf(`user_id = 'cleo' AND account = 'one'`);
  expect(events).toBe(1);
});

it.each([
  [['--visitor', ADA], '--yes says that this is meant'],
  [['--yes'], 'one of --visitor and --user'],
  [['--visitor', ADA, '--user', 'ada', '--yes'], '--user'],
])('%j is refused', async (args, why) => {
  const { code, stderr } = await erase(...args);
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(why) });
});
