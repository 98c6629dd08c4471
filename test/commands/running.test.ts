import { spawn } from 'node:child_process';
import { describe, expect, it, onTestFinished } from 'vitest';
import { resolveConfig } from '../../src/config/resolve.ts';
import { runCli } from '../support/cli.ts';
import { controlServer, statusOf } from '../support/control-server.ts';
import { temporaryHome } from '../support/temporary-home.ts';

describe('trackflow start, where a daemon runs', () => {
  it('changes nothing, prints the same screen and exits with 0', async () => {
    const home = temporaryHome();
    await controlServer(home);
    const { code, stdout, stderr } = await runCli(['start', '--home', home]);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain("curl -sS http://127.0.0.1:8080/v1/events -H 'content-type: application/json'");
    expect(stdout).toContain('<script defer src="http://127.0.0.1:8080/trackflow.js"></script>');
    const { stdout: json } = await runCli(['start', '--home', home, '--json']);
    expect(JSON.parse(json)).toMatchObject({ schema: 'trackflow.start/1', changed: false, ready: true, differs: [] });
  });

  it('tells of flags of its start that a restart would forget, and how to keep them', async () => {
    const home = temporaryHome();
    await controlServer(home, {
      'GET /config': () => ({ json: resolveConfig({ home, env: {}, flags: { 'listen.port': '18080' } }) }),
    });
    const { stderr } = await runCli(['start', '--home', home]);
    expect(stderr).toContain('listen.port 18080 → 8080\n');
    expect(stderr).toContain(`to keep what it has: ./bin/trackflow.js config set listen.port=18080 --home ${home}\n`);
    const asked = await runCli(['start', '--home', home, '--port', '18080']);
    expect(asked.stderr).toBe('');
  });

  it('says which settings it would need a restart for', async () => {
    const home = temporaryHome();
    await controlServer(home);
    const { stdout, stderr } = await runCli(['start', '--home', home, '--set', 'flush.rowsMax=7', '--json']);
    expect(JSON.parse(stdout).differs).toEqual(['flush.rowsMax']);
    expect(stderr).toContain('than asked for: flush.rowsMax 100000 → 7\n');
  });
});

describe('trackflow stop', () => {
  it('exits with 0 where nothing runs', async () => {
    const { code, stdout } = await runCli(['stop', '--home', temporaryHome(), '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ schema: 'trackflow.stop/1', state: 'stopped', changed: false });
  });

  it('waits for the process to be gone, telling on stderr what is left', async () => {
    const home = temporaryHome();
    const daemon = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    onTestFinished(() => void daemon.kill('SIGKILL'));
    let stopping = 0;
    await controlServer(home, {
      'GET /status': () => {
        if (stopping > 0 && ++stopping > 3) daemon.kill();
        return { json: statusOf(home, { pid: daemon.pid!, spool: { ...statusOf(home).spool, rows: 1500 } }) };
      },
      'POST /stop': () => {
        stopping = 1;
        return { status: 202 };
      },
    });
    const { code, stdout, stderr } = await runCli(['stop', '--home', home]);
    expect(code).toBe(0);
    expect(stdout).toContain(`(pid ${daemon.pid}) stopped`);
    expect(stderr).toContain('flushing, 1,500 events left');
  });
});

describe('trackflow keys create', () => {
  it('makes a key for an account that there is not yet, and says so', async () => {
    const home = temporaryHome();
    const made = { id: '0bTYmGH1OYEWd', kind: 'write', key: 'tf_wk_0bTYmGH1OYEWd_x', accounts: ['shop', 'blog'] };
    await controlServer(home, {
      'GET /accounts': () => ({ json: { accounts: [{ id: 'shop' }], source: 'here' } }),
      'POST /keys': () => ({ json: made }),
    });
    const wanted = ['--account', 'shop', '--account', 'blog', '--json', '--home', home];
    const { stdout, stderr } = await runCli(['keys', 'create', 'write', ...wanted]);
    expect(JSON.parse(stdout)).toMatchObject({ schema: 'trackflow.key/1', ...made });
    expect(stderr).toBe(`there is no account "blog" yet: ./bin/trackflow.js accounts add blog --home ${home}\n`);
  });
});

describe('the command line', () => {
  it('exits with 2 for an unknown flag, as JSON where that was asked for', async () => {
    const human = await runCli(['status', '--hme', 'x']);
    expect([human.code, human.stdout]).toEqual([2, '']);
    expect(human.stderr).toContain('there is no flag --hme; did you mean --home?');
    const { code, stdout } = await runCli(['status', '--hme', 'x', '--json']);
    expect(code).toBe(2);
    expect(JSON.parse(stdout).error).toMatchObject({ code: 'TF_USAGE', exit: 2, hints: ['trackflow help status'] });
  });

  it('exits with 2 for an unknown command and names the nearest, also where stdin is a terminal or a script', async () => {
    const { code, stdout, stderr } = await runCli(['strat']);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^error: "strat" is no command; did you mean start\? \(TF_USAGE\)\n {2}try: \S+ start\n/);
    const { stdout: json } = await runCli(['accounts', 'lst', '--json']);
    expect(JSON.parse(json).error.hints).toEqual(['trackflow accounts list', 'trackflow help accounts']);
    expect((await runCli(['start', 'now'])).stderr).toContain('trackflow start takes no argument, but "now" was given');
  });

  it.each([
    [['accounts', 'add', '--origin', 'https://a.example'], 'ID is missing: what events carry in account'],
    [['stop', '--timeout', 'soon'], '--timeout: "soon" is no time; write 500ms, 30s, 2m or 1h'],
    [['logs', '--engine', '--since', '1m'], '--since=1m cannot also be provided when using --engine'],
    [['links', 'show', 'a/b', 'c/d'], '"c/d" is one argument too many'],
  ])('says in one sentence what is wrong with %j', async (args, message) => {
    const { code, stderr } = await runCli([...args, '--home', temporaryHome()]);
    expect([code, stderr.split('\n')[0]]).toEqual([2, `error: ${message} (TF_USAGE)`]);
  });

  it('takes -h as --help, and prints usage in one line and no sentence twice', async () => {
    const { code, stdout } = await runCli(['loadtest', '-h']);
    expect(code).toBe(0);
    expect(stdout).toContain('$ trackflow loadtest [FLAGS]\n');
    expect(stdout.split('Send realistic traffic').length - 1).toBe(1);
    expect((await runCli(['-h'])).stdout).toBe((await runCli(['--help'])).stdout);
  });

  it('says that there is no such run, and where the runs are', async () => {
    const home = temporaryHome();
    const { code, stderr } = await runCli(['loadtest', 'verify', '0a1b2c3d', '--home', home]);
    expect(code).toBe(65);
    expect(stderr).toContain('there is no run "0a1b2c3d"');
    expect(stderr).toContain(`ls -t ${home}/loadtest`);
  });

  it('prints no colours into a pipe', async () => {
    expect((await runCli(['status', '--home', temporaryHome()])).stdout).not.toContain('\u001b');
  });

  it('lists every exit code, with the errors that end with it', async () => {
    const { stdout } = await runCli(['exit-codes', '--json']);
    const { exitCodes } = JSON.parse(stdout) as { exitCodes: { exit: number; errors: string[] }[] };
    const { ERRORS } = await import('../../src/errors/error.ts');
    const listed = exitCodes.flatMap(({ exit, errors }) => errors.map((code) => [code, exit]));
    expect(Object.fromEntries(listed)).toEqual(
      Object.fromEntries(Object.entries(ERRORS).map(([code, { exit }]) => [code, exit])),
    );
    expect((await runCli(['help', 'exit-codes'])).stdout).toContain('75  not in time; try again');
  });
});
