import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli } from '../support/cli.ts';
import { startDaemon, type TestDaemon } from '../support/daemon.ts';
import { RunningCli } from '../support/running-cli.ts';
import { commandLine, hasTmux, openTerminal } from '../support/tmux.ts';

/** `trackflow tail` against the real daemon: from a request to a line on somebody's screen. */
let daemon: TestDaemon;

beforeAll(async () => {
  daemon = await startDaemon();
});

afterAll(() => daemon[Symbol.asyncDispose]());

const HOSTILE = {
  title: '\u001b]0;owned\u0007',
  name: 'a\u001b[2J\u001b[31mred',
  user_id: '\u202egnp.exe\u2066',
  path: '/a\rb\u009b2J\u2028c\u200bd',
  properties: { clip: '\u001b]52;c;ZXZpbA==\u0007', bell: '\u0007\u0008\u007f', 'key\u001b[H': 'v' },
};

/** What no terminal may get from us when nobody asked for colours. */
const OBEYED = /(?!\n)\p{Cc}|[\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069]/u;

type Line = { type: string; event?: Record<string, unknown>; count?: number };

const parsed = ({ lines }: RunningCli) => lines.map((line) => JSON.parse(line) as Line);
const names = (cli: RunningCli) => parsed(cli).flatMap(({ event }) => (event === undefined ? [] : [event.name]));
const isOpen = (cli: RunningCli) => cli.lines.length > 0;

const tail = (...args: string[]) => new RunningCli(['tail', '--home', daemon.home, ...args]);

describe('trackflow tail --json', () => {
  test('shows an accepted event with what the road added to it, and nothing that was rejected or a duplicate', async () => {
    await using cli = tail('--json', '--account', 'json');
    await cli.until(isOpen);
    const twice = { account: 'json', name: 'twice', event_id: randomUUID() };
    const response = await daemon.post([
      {
        account: 'json',
        name: 'buy',
        revenue: '19.99',
        currency: 'EUR',
        url: 'https://shop.example/x',
        properties: { n: 1 },
      },
      twice,
      twice,
      { account: 'json' },
      { account: 'other', name: 'not ours' },
      { account: 'json', name: 'last' },
    ]);
    expect(await response.json()).toMatchObject({ accepted: 4, duplicates: 1 });
    await cli.until((it) => names(it).includes('last'));
    expect(names(cli)).toEqual(['buy', 'twice', 'last']);
    expect(parsed(cli)[0]).toMatchObject({ type: 'tail', schema: 'trackflow.tail/1', filters: ['account:is:json'] });
    expect(parsed(cli)[1]!.event).toMatchObject({
      account: 'json',
      revenue: '19.99',
      currency: 'EUR',
      host: 'shop.example',
      path: '/x',
      properties: { n: 1 },
      received_at: expect.stringMatching(/^\d{4}-.*Z$/),
      visitor_id: expect.stringMatching(/^[0-9a-f]{16}$/),
    });
    expect(await cli.end()).toBe(0);
  });

  test('is filtered by name, field and property', async () => {
    await using cli = tail('--json', '--name', 'a,b', '--name', 'c', '--filter', 'properties.plan:is:pro');
    await cli.until(isOpen);
    const account = 'filtered';
    await daemon.post([
      { account, name: 'a,b', properties: { plan: 'pro' } },
      { account, name: 'a', properties: { plan: 'pro' } },
      { account, name: 'c', properties: { plan: 'free' } },
      { account, name: 'c', properties: { plan: 'pro' } },
    ]);
    await cli.until((it) => names(it).includes('c'));
    expect(names(cli)).toEqual(['a,b', 'c']);
  });

  test('says how many events it left out above its limit', async () => {
    await using cli = tail('--json', '--account', 'flood');
    await cli.until(isOpen);
    const events = Array.from({ length: 1_000 }, (_, n) => ({ account: 'flood', name: `n${n}` }));
    await Promise.all([daemon.post(events), daemon.post(events), daemon.post(events)]);
    const seen = (it: RunningCli) =>
      parsed(it).reduce((sum, { type, count }) => sum + (type === 'event' ? 1 : (count ?? 0)), 0);
    await cli.until((it) => seen(it) === 3_000);
    expect(parsed(cli).some(({ type }) => type === 'dropped')).toBe(true);
  });

  test('counts what a reader that stands still misses, and the daemon holds only a little for it', async () => {
    await using cli = tail('--json', '--account', 'slow');
    await cli.until(isOpen);
    process.kill(cli.pid, 'SIGSTOP');
    const event = { account: 'slow', name: 'large', properties: { text: 'x'.repeat(6_000) } };
    for (let request = 0; request < 10; request++) expect((await daemon.post(Array(100).fill(event))).status).toBe(202);
    process.kill(cli.pid, 'SIGCONT');
    const seen = (it: RunningCli) =>
      parsed(it).reduce((sum, { type, count }) => sum + (type === 'event' ? 1 : (count ?? 0)), 0);
    await cli.until((it) => seen(it) === 1_000);
    expect(names(cli).length).toBeLessThan(500);
  });

  test('refuses a wrong filter with what is wrong, and exits with 65; with 3 when nothing runs', async () => {
    const wrong = await runCli(['tail', '--home', daemon.home, '--filter', 'contry:is:DE']);
    expect(wrong.code).toBe(65);
    expect(wrong.stderr).toContain('did you mean country?');
    expect((await runCli(['tail', '--home', `${daemon.home}/nothing`])).code).toBe(3);
  });
});

describe('hostile events', () => {
  test('reach neither a table nor JSON as anything a terminal obeys, and lose nothing in JSON', async () => {
    await using table = tail('--account', 'hostile');
    await using json = tail('--json', '--account', 'hostile');
    await json.until(isOpen);
    // The table says nothing until the first event: keep sending until it has one.
    await daemon.until(async () => {
      await daemon.post({ account: 'hostile', ...HOSTILE });
      return table.lines.length >= 2 && names(json).length > 0;
    });
    for (const text of [table.stdout, table.stderr, json.stdout]) expect(text).not.toMatch(OBEYED);
    expect(table.stdout).toContain('a\\u{1b}[2J');
    const event = parsed(json).find(({ type }) => type === 'event')!.event!;
    expect(event).toMatchObject({ name: HOSTILE.name, user_id: HOSTILE.user_id, properties: HOSTILE.properties });
  });
});

describe('a daemon that goes away', () => {
  test('is waited for after kill -9, said so once, and its events are shown again', async () => {
    await using mortal = await startDaemon();
    await using cli = new RunningCli(['tail', '--home', mortal.home, '--json']);
    await cli.until(isOpen);
    await mortal.post({ name: 'before' });
    await cli.until((it) => names(it).includes('before'));
    for (const round of [1, 2]) {
      await mortal.kill();
      await cli.until((it) => it.stderr.split('the daemon is gone').length === round + 1);
      await mortal.start();
      await cli.until((it) => it.stderr.split('the daemon is back').length === round + 1);
      await mortal.post({ name: `after ${round}` });
      await cli.until((it) => names(it).includes(`after ${round}`));
    }
    expect(names(cli)).toEqual(['before', 'after 1', 'after 2']);
    expect(await cli.end()).toBe(0);
  });

  test('is waited for over a stop in order too; SIGTERM ends the tail with 143', async () => {
    await using mortal = await startDaemon();
    await using cli = new RunningCli(['tail', '--home', mortal.home, '--json']);
    await cli.until(isOpen);
    expect(await mortal.stop()).toBe(0);
    await cli.until((it) => it.stderr.includes('the daemon is gone'));
    expect(await cli.end('SIGTERM')).toBe(143);
  });
});

describe.runIf(hasTmux())('on a terminal', () => {
  test('the filter changes while it runs, a wrong one is told and changes nothing, q ends it with 0', async () => {
    const command = commandLine('tail', '--home', daemon.home, '--account', 'one');
    await using terminal = openTerminal(`${command}; echo "exit $?"; sleep 600`, { columns: 60, rows: 24 });
    const text = () => terminal.screen().join('\n');
    const send = (...list: string[]) => daemon.post(list.map((name) => ({ account: name.split('-')[0], name })));
    const shows = (name: string) =>
      daemon.until(async () => {
        await send(name);
        return text().includes(name);
      });
    const prompts = (screen: string) => screen.split('filter: ').length - 1;
    await terminal.shows((screen) => screen.includes('q ends'));
    await shows('one-a');

    terminal.press('/');
    await terminal.shows((screen) => screen.includes('filter: account:is:one'));
    terminal.press('C-u');
    terminal.type('account:is:two name:starts_with:two-');
    await terminal.shows((screen) => screen.includes('name:starts_with:two-'));
    terminal.press('Enter');
    await shows('two-b');
    // The filter before would have shown it.
    await send('one-hidden');
    // The line that was typed stays above the rows it let through.
    await terminal.shows(/^filter: account:is:two name:starts_with:two-$/m);

    terminal.press('/');
    await terminal.shows((screen) => prompts(screen) === 2);
    terminal.press('C-u');
    terminal.type('contry:is:DE');
    terminal.press('Enter');
    await terminal.shows((screen) => screen.includes('unknown field "contry"'));
    await shows('two-c');

    terminal.press('/');
    await terminal.shows((screen) => prompts(screen) === 3);
    terminal.press('Escape');
    await terminal.shows((screen) => prompts(screen) === 2);
    await shows('two-d');
    expect(text()).not.toContain('one-hidden');

    terminal.press('q');
    await terminal.shows((screen) => screen.includes('exit 0'));
  });

  test('stops with Ctrl-Z, has its keys again after fg', async () => {
    const options = { columns: 80, rows: 24, env: { PS1: '$ ' } };
    await using terminal = openTerminal('bash --norc --noprofile -i', options);
    terminal.type(commandLine('tail', '--home', daemon.home));
    terminal.press('Enter');
    await terminal.shows(/q ends/);
    terminal.press('C-z');
    await terminal.shows(/Stopped/);
    terminal.type('stty -a | grep -o " echo "; fg');
    terminal.press('Enter');
    await terminal.shows(/^ echo[\s\S]*tail/m);
    await terminal.shows((screen) => screen.trimEnd().split('\n').length > 4);
    terminal.press('/');
    await terminal.shows(/^filter:$/m);
    terminal.press('Escape');
  });
});
