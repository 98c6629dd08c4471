import { describe, expect, it } from 'vitest';
import { runCli } from '../support/cli.ts';
import { startDaemon } from '../support/daemon.ts';
import { temporaryHome } from '../support/temporary-home.ts';

describe('dash without a screen', () => {
  it('exits with 3 and says what to run when nothing runs', async () => {
    const home = temporaryHome();
    for (const flags of [['--once'], ['--json'], ['--watch'], []]) {
      const { code, stdout, stderr } = await runCli(['dash', '--home', home, ...flags]);
      expect(code).toBe(3);
      expect(stdout + stderr).toMatch(/trackflow(\.js)? start/);
    }
  });

  it('prints the figures as a table, as one document, and as a line each interval', async () => {
    await using daemon = await startDaemon();
    await daemon.post([{ name: 'signup' }, { name: 'login' }]);
    const home = ['--home', daemon.home];

    const once = await runCli(['dash', '--once', ...home]);
    expect(once.code).toBe(0);
    expect(once.stdout).toMatch(/^accepted +\d/m);
    expect(once.stdout).toMatch(/^spool +\d+ events/m);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
    expect(once.stdout).not.toMatch(/[\u001b\u0007]/);

    const piped = await runCli(['dash', ...home]);
    expect(piped.code).toBe(0);
    expect(piped.stderr).toContain('no terminal');

    const json = JSON.parse((await runCli(['dash', '--json', ...home])).stdout);
    expect(json).toMatchObject({ schema: 'trackflow.dash/1', state: { state: 'running', pid: daemon.pid } });
    expect(json.figures.spool_rows).toBeTypeOf('number');

    const interrupt = { once: seconds(4), signal: 'SIGINT' as const };
    const watched = await runCli(['dash', '--json', '--watch', '--interval', '1s', ...home], { interrupt });
    const documents = watched.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(documents.length).toBeGreaterThan(1);
    expect(watched.code).toBe(0);
    expect(new Set(documents.map(({ schema }) => schema))).toEqual(new Set(['trackflow.dash/1']));
  });

  it('takes either one look or many, and prints a line for each', async () => {
    await using daemon = await startDaemon();
    const both = await runCli(['dash', '--once', '--watch', '--json', '--home', daemon.home]);
    expect(both.code).toBe(2);
    const interrupt = { once: seconds(4), signal: 'SIGINT' as const };
    const { stdout, code } = await runCli(['dash', '--watch', '--interval', '1s', '--home', daemon.home], {
      interrupt,
    });
    const lines = stdout.trim().split('\n');
    expect(lines.length).toBeGreaterThan(1);
    for (const line of lines)
      expect(line).toMatch(
        /^\d\d:\d\d:\d\d {2}accepted \S+\/s {2}stored \S+\/s {2}rejected \S+\/s {2}lag .* {2}spool \d+ {2}p99 /,
      );
    expect(code).toBe(0);
  });

  it('speaks in sentences to a screen reader, and only of what changed', async () => {
    await using daemon = await startDaemon();
    const { stdout } = await runCli(['dash', '--accessible', '--interval', '1s', '--home', daemon.home], {
      interrupt: { once: seconds(4), signal: 'SIGINT' },
    });
    expect(stdout).toMatch(/^Accepted 0 per second\.$/m);
    expect(stdout.match(/is running\./g)).toHaveLength(1);
    expect(stdout).not.toMatch(/[│╭█]/);
  });
});

/** Time in which some documents or sentences come. */
function seconds(count: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, count * 1_000));
}
