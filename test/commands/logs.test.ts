import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli } from '../support/cli.ts';
import { temporaryHome } from '../support/temporary-home.ts';

const NOW = Date.now();
const entry = (level: number, secondsAgo: number, step: string, event: string, fields = {}) =>
  JSON.stringify({ level, time: new Date(NOW - secondsAgo * 1_000).toISOString(), step, ...fields, event });

/** A home whose daemon is down. */
function homeWithLogs(): string {
  const home = temporaryHome();
  mkdirSync(join(home, 'logs'));
  writeFileSync(
    join(home, 'logs', 'daemon.1.log'),
    `${[
      entry(30, 7_200, 'daemon', 'starting'),
      entry(40, 3_000, 'flush', 'waiting', { error: 'Code: 60\u001b[2J\n at x', waitMs: 5 }),
      'somebody else wrote this',
    ].join('\n')}\n`,
  );
  writeFileSync(
    join(home, 'logs', 'daemon.2.log'),
    `${[entry(50, 60, 'spool', 'Fatal_error', { 'k\u202e': 'v w' }), entry(20, 30, 'flush', 'stored')].join('\n')}\n`,
  );
  writeFileSync(join(home, 'logs', 'clickhouse.log'), '<Error> one\u001b[2J\n<Trace> two\n');
  return home;
}

const events = (stdout: string) =>
  stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line).event);

describe('trackflow logs', () => {
  it('says on stderr that no line passes, so that nothing is not taken for nothing happened', async () => {
    const { code, stdout, stderr } = await runCli(['logs', '--home', homeWithLogs(), '--step', 'flsh']);
    expect([code, stdout]).toEqual([0, '']);
    expect(stderr).toMatch(/^no line of the log in .*logs is one of those\n$/);
  });

  it('prints entries oldest first, with local times, words for levels and everything escaped', async () => {
    const home = homeWithLogs();
    const { code, stdout, stderr } = await runCli(['logs', '--home', home]);
    expect([code, stderr]).toEqual([0, '']);
    const lines = stdout.split('\n').slice(0, -1);
    expect(lines).toHaveLength(4);
    expect(lines[0]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d info {2}daemon {3}starting$/);
    expect(lines[1]).toContain('warn  flush    waiting error="Code: 60\\u001b[2J\\n at x" waitMs=5');
    expect(lines[2]).toContain('error spool    Fatal_error k\\u{202e}="v w"');
    expect(stdout).not.toMatch(/(?!\n)\p{Cc}|\u202e/u);
  });

  it.each<[string[], string[]]>([
    [
      ['-n', '2'],
      ['Fatal_error', 'stored'],
    ],
    [['-n', '0'], []],
    [
      ['--level', 'warn'],
      ['waiting', 'Fatal_error'],
    ],
    [
      ['--step', 'flush', '--step', 'daemon'],
      ['starting', 'waiting', 'stored'],
    ],
    [
      ['--since', '1h'],
      ['waiting', 'Fatal_error', 'stored'],
    ],
    [['--since', '1h', '-n', '1'], ['stored']],
    [
      ['--until', '30m'],
      ['starting', 'waiting'],
    ],
    [['--grep', 'code: \\d+'], ['waiting']],
    [['--grep', 'CODE'], []],
    [['--grep', 'fatal'], ['Fatal_error']],
  ])('%j', async (flags, expected) => {
    const { code, stdout } = await runCli(['logs', '--home', homeWithLogs(), '--json', ...flags]);
    expect(code).toBe(0);
    expect(events(stdout)).toEqual(expected);
  });

  it('prints one document a line with --json', async () => {
    const { stdout } = await runCli(['logs', '--home', homeWithLogs(), '--json', '--level', 'error']);
    expect(stdout).not.toContain('\u202e');
    expect(JSON.parse(stdout)).toMatchObject({
      time: new Date(NOW - 60_000).toISOString(),
      level: 'error',
      step: 'spool',
      'k\u202e': 'v w',
    });
  });

  it("prints the engine's own log as it is, harmless", async () => {
    const home = homeWithLogs();
    expect((await runCli(['logs', '--home', home, '--engine'])).stdout).toBe('<Error> one\\u{1b}[2J\n<Trace> two\n');
    expect((await runCli(['logs', '--home', home, '--engine', '--grep', 'error'])).stdout).not.toContain('two');
  });

  it('says so where nothing is logged yet', async () => {
    const { code, stdout, stderr } = await runCli(['logs', '--home', temporaryHome()]);
    expect([code, stdout]).toEqual([0, '']);
    expect(stderr).toContain('nothing is logged yet');
  });

  it.each([
    ['--since', 'soon'],
    ['--grep', '('],
    ['--level', 'loud'],
    ['--engine', '--level', 'warn'],
    ['-f', '--until', '1m'],
    ['-n', '-1'],
  ])('%s %s is typed wrong', async (...flags) => {
    expect((await runCli(['logs', '--home', homeWithLogs(), ...flags])).code).toBe(2);
  });
});
