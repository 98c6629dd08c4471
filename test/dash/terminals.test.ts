import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDaemon, type TestDaemon } from '../support/daemon.ts';
import { commandLine, hasTmux, openTerminal, type Terminal } from '../support/tmux.ts';
import { until } from '../support/until.ts';

const SIZE = { columns: 120, rows: 32 } as const;
const WAIT_MS = 10_000;

/** The screen with its colour codes. */
function painted(terminal: Terminal): string {
  return terminal.tmux('capture-pane', '-p', '-e');
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
const COLOUR = /\u001b\[(3[0-7]|9[0-7]|2|7)m/;

describe.skipIf(!hasTmux())('dash in terminals of other kinds', () => {
  let daemon: TestDaemon;
  const dash = (...flags: readonly string[]) => commandLine('dash', '--home', daemon.home, ...flags);

  beforeAll(async () => {
    daemon = await startDaemon({ settings: { 'events.retentionDays': 400 } });
    await daemon.post([{ name: 'signup' }, { name: 'login' }]);
  });

  afterAll(() => daemon?.[Symbol.asyncDispose]());

  it.each([
    ['without a word about it', {}, '', true],
    ['with NO_COLOR', { NO_COLOR: '1' }, '', false],
    ['with TRACKFLOW_NO_COLOR', { TRACKFLOW_NO_COLOR: '1' }, '', false],
    ['with --no-color', {}, '--no-color', false],
  ] as const)('has colours or none: %s', async (_, env, flag, coloured) => {
    await using terminal = openTerminal(`exec ${dash(...(flag === '' ? [] : [flag]))}`, { ...SIZE, env });
    await terminal.shows(/LIVE 1s/);
    expect(COLOUR.test(painted(terminal))).toBe(coloured);
    // Words and marks carry what colours do.
    expect(terminal.screen()[0]).toMatch(/● RUNNING/);
  });

  it.each([
    ['a locale without UTF-8', { LANG: 'C', LC_ALL: 'C' }, ''],
    ['--ascii', {}, '--ascii'],
  ] as const)('draws with ASCII alone for %s', async (_, env, flag) => {
    await using terminal = openTerminal(`exec ${dash(...(flag === '' ? [] : [flag]))}`, { ...SIZE, env });
    const screen = await terminal.shows(/LIVE 1s/);
    expect(screen.join('')).toMatch(/^[ -~]*$/);
    expect(screen.join('\n')).toMatch(/^\+- Events\/s -/m);
  });

  it.each([
    ['a terminal that moves no cursor', 'TERM=dumb'],
    ['a build', 'CI=true'],
  ])('prints the figures once in %s', async (_, variable) => {
    await using terminal = openTerminal(`env ${variable} ${dash()}; echo left-with-$?; cat`, SIZE);
    const text = (await terminal.shows(/left-with-0/)).join('\n');
    expect(text).toMatch(/^accepted +\d+\/s/m);
    expect(text).toContain('no terminal to draw on');
    expect(text).not.toMatch(/[│╭]/);
  });

  it('speaks where a screen reader is told of, and again when Enter is pressed', async () => {
    await using terminal = openTerminal(`exec ${dash()}`, { ...SIZE, env: { ACCESSIBLE: '1' } });
    await terminal.shows(/is running\.[\s\S]*of disk free\./);
    expect(terminal.screen().join('\n')).not.toMatch(/[│╭█]/);
    terminal.press('Enter');
    await terminal.shows(/is running\.[\s\S]*is running\./);
  });

  it('can be looked at where stdin is no terminal, and ends with Ctrl-C', async () => {
    await using terminal = openTerminal(`${dash()} < /dev/null; echo left-with-$?; cat`, SIZE);
    await terminal.shows(/LIVE 1s/);
    terminal.press('C-c');
    const screen = await terminal.shows(/left-with-/);
    expect(screen.join('\n')).not.toContain('q quit');
  });

  it('stops with Ctrl-Z, gives the terminal back meanwhile, and goes on with fg', async () => {
    await using terminal = openTerminal('bash --norc --noprofile -i', { ...SIZE, env: { PS1: '$ ' } });
    terminal.type(`echo before; ${dash()}`);
    terminal.press('Enter');
    await terminal.shows(/LIVE 1s/);
    terminal.press('C-z');
    const stopped = await terminal.shows(/Stopped/);
    expect(stopped.join('\n')).toContain('before');
    expect(stopped.join('\n')).not.toContain('q quit');
    terminal.type('stty -a | grep -o " echo "; fg');
    terminal.press('Enter');
    await terminal.shows(/LIVE 1s[\s\S]*q quit/);
    terminal.press('2');
    const screen = await terminal.shows(/Turned away/);
    expect(screen[0]).toMatch(/^ trackflow\//);
    // A stop that cannot be caught leaves the terminal as it is; fg takes it again all the same.
    terminal.press('C-z');
    await terminal.shows(/Stopped[\s\S]* echo[\s\S]*Stopped/);
    terminal.type('echo "job=$(jobs -p)"; fg');
    terminal.press('Enter');
    await terminal.shows(/LIVE 1s[\s\S]*q quit/);
    const [, pid] = /^job=(\d+)$/m.exec(terminal.tmux('capture-pane', '-p', '-a')) ?? [];
    process.kill(Number(pid), 'SIGSTOP');
    await terminal.shows(/Stopped/);
    terminal.type('clear; fg');
    terminal.press('Enter');
    await terminal.shows(/LIVE 1s[\s\S]*q quit/);
    terminal.press('3');
    await terminal.shows(/ Mutations /);
    expect(terminal.screen()[0]).toMatch(/^ trackflow\//);
    expect(terminal.screen().join('\n')).not.toMatch(/fg$/m);
  });

  it('exports what is on the screen, and begins the next time with the layout that was chosen', async () => {
    await using terminal = openTerminal(`exec ${dash()}`, SIZE);
    await terminal.shows(/LIVE 1s/);
    terminal.press('p', 'e');
    await terminal.shows(/exported to .*export-/);
    const folder = join(daemon.home, 'dash');
    const [name] = readdirSync(folder).filter((file) => file.startsWith('export-'));
    const { screen, state } = JSON.parse(readFileSync(join(folder, name!), 'utf8'));
    expect(state.pid).toBe(daemon.pid);
    expect(screen.join('\n')).toMatch(/layout charts[\s\S]*Events\/s/);
    terminal.press('q');
    await until(() => readdirSync(folder).includes('choices.json'), WAIT_MS);
    await using next = openTerminal(`exec ${dash()}`, SIZE);
    await next.shows(/layout charts/);
  });

  it('has the daemon do to a task what was confirmed, and tells what it says', async () => {
    await daemon.control.startTask('retention');
    await using reader = openTerminal(`exec ${dash()}`, SIZE);
    await reader.shows(/LIVE 1s/);
    reader.press('4', 'R');
    await reader.shows(/read-only; to retry tasks: trackflow dash --allow-actions/);
    await using terminal = openTerminal(`exec ${dash('--allow-actions')}`, SIZE);
    await terminal.shows(/actions allowed/);
    terminal.press('4');
    await terminal.shows(/▸ retention +done/);
    terminal.press('R');
    await terminal.shows(/retry task \d+\?/);
    terminal.type('yes');
    terminal.press('Enter');
    await terminal.shows(/not done: task \d+ is done: only failed and cancelled ones can be retried/);
  });
});
