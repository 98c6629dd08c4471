import { describe, expect, it } from 'vitest';
import { runCli } from '../support/cli.ts';
import { controlServer } from '../support/control-server.ts';
import { temporaryHome } from '../support/temporary-home.ts';

const answer = {
  rows: [{ name: 'a\u001b]0;owned\u0007', n: 2 }],
  columns: [
    { name: 'name', type: 'String' },
    { name: 'n', type: 'UInt64' },
  ],
};

describe('trackflow query', () => {
  it('prints a table in which no text of strangers moves the terminal', async () => {
    const home = temporaryHome();
    await controlServer(home, { 'POST /query': { json: answer } });
    const { code, stdout, stderr } = await runCli(['query', 'SELECT 1', '--home', home]);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('a\\u{1b}]0;owned\\u{7}');
    expect(stdout).not.toContain('\u001b');
  });

  it('prints rows and columns as one document with --json', async () => {
    const home = temporaryHome();
    const server = await controlServer(home, { 'POST /query': { json: answer } });
    const { stdout } = await runCli(['query', 'SELECT 1', '--home', home, '--json']);
    expect(JSON.parse(stdout)).toEqual({ schema: 'trackflow.query/1', ...answer });
    expect(server.calls).toEqual([{ route: 'POST /query', body: { sql: 'SELECT 1' } }]);
  });

  it.each([[['query', '-']], [['query']]])('reads the statement from stdin: %j', async (args) => {
    const home = temporaryHome();
    const server = await controlServer(home, { 'POST /query': { json: answer } });
    const { code } = await runCli([...args, '--home', home, '--format', 'ndjson'], { input: 'SELECT 2' });
    expect(code).toBe(0);
    expect(server.calls[0]?.body).toEqual({ sql: 'SELECT 2' });
  });

  it('exits with 65 and the words of the daemon when the statement is refused', async () => {
    const home = temporaryHome();
    const error = { code: 'TF_QUERY', message: 'no such column \u001b[31m', hints: ['DESCRIBE events'] };
    await controlServer(home, { 'POST /query': { status: 400, json: { error } } });
    const { code, stdout, stderr } = await runCli(['query', 'SELECT x', '--home', home]);
    expect([code, stdout]).toEqual([65, '']);
    expect(stderr).toBe('error: no such column \\u{1b}[31m (TF_QUERY)\n  try: DESCRIBE events\n');
  });

  it('exits with 3 when nothing runs, with the same document shape as every failure', async () => {
    const home = temporaryHome();
    const { code, stdout, stderr } = await runCli(['query', 'SELECT 1', '--home', home, '--json']);
    expect([code, stderr]).toEqual([3, '']);
    expect(JSON.parse(stdout)).toEqual({
      schema: 'trackflow.error/1',
      ok: false,
      error: {
        code: 'TF_NOT_RUNNING',
        message: `no TrackFlow runs in ${home}`,
        exit: 3,
        hints: expect.arrayContaining(['trackflow start']),
      },
    });
  });

  it('exits with 2 without a statement', async () => {
    expect((await runCli(['query', '--home', temporaryHome()], { input: ' \n' })).code).toBe(2);
  });
});
