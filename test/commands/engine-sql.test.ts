import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CliOptions, runCli } from '../support/cli.ts';
import { startDaemon, type TestDaemon } from '../support/daemon.ts';
import { temporaryHome } from '../support/temporary-home.ts';
import { commandLine, hasTmux, openTerminal } from '../support/tmux.ts';

let daemon: TestDaemon;
beforeAll(async () => {
  daemon = await startDaemon();
  await daemon.post([
    { name: 'a\u001b]0;owned\u0007', account: 'shop', user_id: '1' },
    { name: 'second', account: 'shop', user_id: '2' },
  ]);
  await daemon.drained();
});
afterAll(() => daemon[Symbol.asyncDispose]());

const sql = (args: readonly string[], options: CliOptions = {}) =>
  runCli(['engine', 'sql', ...args, '--home', daemon.home], options);

describe('trackflow engine sql', () => {
  it('prints each answer of a script, and no text of strangers moves the terminal', async () => {
    const script = "SELECT name, account FROM events ORDER BY user_id;\nSELECT 'x;y' AS text, 1 AS n";
    const { code, stdout, stderr } = await sql([], { input: script });
    expect([code, stderr]).toEqual([0, '']);
    const hostile = 'a\\u{1b}]0;owned\\u{7}';
    const [name, second] = ['name', 'second'].map((text) => text.padEnd(hostile.length));
    const lines = [`${name}  account`, `${hostile}  shop`, `${second}  shop`, '(2 rows)'];
    expect(stdout).toBe(`${lines.join('\n')}\ntext  n\nx;y   1\n(1 row)\n`);
  });

  it('reads a file, shows lists for \\G, and all digits of a number', async () => {
    const file = join(temporaryHome(), 'script.sql');
    writeFileSync(file, 'SELECT 18446744073709551615 AS big, 2 AS n\\G');
    expect((await sql([file])).stdout).toBe('── row 1 ──\nbig  18446744073709551615\nn    2\n(1 row)\n');
    expect((await sql([file, '--format', 'ndjson'])).stdout).toContain('── row 1 ──');
  });

  it('is one document with --json, CSV and NDJSON as they come', async () => {
    const { stdout } = await sql(['-e', 'SELECT 1 AS a; SELECT number AS n FROM numbers(3)', '--json', '--rows', '2']);
    expect(JSON.parse(stdout)).toEqual({
      schema: 'trackflow.sql/1',
      results: [
        { columns: [{ name: 'a', type: 'UInt8' }], rows: [{ a: 1 }], more: false },
        { columns: [{ name: 'n', type: 'UInt64' }], rows: [{ n: 0 }, { n: 1 }], more: true },
      ],
    });
    expect((await sql(['-e', "SELECT 'a,b' AS t, 1 AS n", '--format', 'csv'])).stdout).toBe('t,n\n"a,b",1\n');
    expect((await sql(['-e', 'SELECT 1 AS n', '--format', 'ndjson'])).stdout).toBe('{"n":1}\n');
  });

  it('says how many rows it leaves out', async () => {
    const { code, stdout, stderr } = await sql(['-e', 'SELECT number FROM numbers(5000)', '--rows', '3']);
    expect(code).toBe(0);
    expect(stdout).toBe('number\n     0\n     1\n     2\n');
    expect(stderr).toBe('the first 3 rows of more; --rows says how many, --format csv gives all\n');
  });

  it('ends a script at the first statement that fails, with its line and 65', async () => {
    const { code, stdout, stderr } = await sql([], { input: 'SELECT 1 AS a;\n\nSELECT nonsense;\nSELECT 3' });
    expect(code).toBe(65);
    expect(stdout).toBe('a\n1\n(1 row)\n');
    expect(stderr).toMatch(/error: line 3: ClickHouse refused the statement: .*nonsense/);
  });

  it('only reads, within the limits of a read', async () => {
    for (const statement of [
      'DROP TABLE events',
      'INSERT INTO events (name) VALUES (1)',
      "SELECT file('/etc/passwd')",
    ]) {
      expect((await sql(['-e', statement])).code, statement).toBe(65);
    }
    const { code, stderr } = await sql(['-e', 'SELECT number FROM numbers(20000)', '--format', 'csv']);
    expect(code).toBe(65);
    expect(stderr).toContain('query.rowsMax');
  });

  it('writes with --write, which has to be meant, and streams more than a read may have', async () => {
    expect((await sql(['--write', '-e', 'SELECT 1'])).code).toBe(2);
    const write = (statement: string, ...more: string[]) => sql(['--write', '--yes', '-e', statement, ...more]);
    const made = await write(
      'CREATE TABLE notes (n UInt64) ENGINE = MergeTree ORDER BY n; INSERT INTO notes VALUES (7)',
    );
    expect([made.code, made.stdout]).toEqual([0, 'done\ndone\n']);
    expect((await sql(['-e', 'SELECT n FROM notes', '--format', 'csv'])).stdout).toBe('n\n7\n');
    const { code, stdout } = await write('SELECT number FROM numbers(200000)', '--format', 'csv');
    expect([code, stdout.split('\n').length]).toEqual([0, 200_002]);
    const cut = await write('SELECT throwIf(number = 1000) FROM numbers(2000)', '--format', 'csv');
    expect(cut.code).toBe(65);
    expect(cut.stderr).toContain("Value passed to 'throwIf' function is non-zero");
    expect((await write('SELECT 1 FORMAT CSV')).stderr).toContain('leave FORMAT out');
  });

  it('says what is wrong when it is called wrong, and 3 where nothing runs', async () => {
    expect((await sql([], { input: ' -- nothing\n' })).code).toBe(2);
    expect((await sql(['file.sql', '-e', 'SELECT 1'])).code).toBe(2);
    expect((await sql(['/nowhere/file.sql'])).code).toBe(74);
    const { code } = await runCli(['engine', 'sql', '-e', 'SELECT 1', '--home', temporaryHome()]);
    expect(code).toBe(3);
  });
});

describe.skipIf(!hasTmux())('the prompt', () => {
  it('takes statements over lines, recalls them, ends what runs and forgets what was typed on Ctrl-C', async () => {
    await using terminal = openTerminal(commandLine('engine', 'sql', '--home', daemon.home), { columns: 70, rows: 40 });
    await terminal.shows(/as the reader[\s\S]*trackflow>\s*$/);
    terminal.type('SELECT 40 + 1');
    terminal.press('Enter');
    await terminal.shows(/\n {8}->\s*$/);
    terminal.type('+ 1 AS answer;');
    terminal.press('Enter');
    await terminal.shows(/answer\n {4}42\n\(1 row\)\n[\d.]+ s\ntrackflow>\s*$/);
    // Recalled as one line.
    terminal.press('Up');
    await terminal.shows(/trackflow> SELECT 40 \+ 1 \+ 1 AS answer;\s*$/);
    terminal.press('C-c');
    await terminal.shows(/\^C\ntrackflow>\s*$/);
    terminal.type('SELECT sleepEachRow(1) FROM numbers(9) SETTINGS max_block_size = 1;');
    terminal.press('Enter');
    await terminal.shows(/error|max_block_size = 1;\n\s*$/);
    terminal.press('C-c');
    await terminal.shows(/(interrupted|Cannot modify)[\s\S]*trackflow>\s*$/);
    // Wider than the terminal: a list.
    terminal.type('SELECT * FROM events LIMIT 1;');
    terminal.press('Enter');
    await terminal.shows(/batch +\d+\n\(1 row\)/);
    terminal.type('\\d schema_migrations');
    terminal.press('Enter');
    await terminal.shows(/applied_at {2}DateTime64\(3, 'UTC'\)/);
    terminal.type('nonsense;');
    terminal.press('Enter');
    await terminal.shows(/error: nonsense is not a statement that reads/);
    terminal.type('SELECT visitor_h');
    terminal.press('Tab');
    await terminal.shows(/trackflow> SELECT visitor_hash\s*$/);
    terminal.press('C-c');
    terminal.type('exit');
    terminal.press('Enter');
  });
});
