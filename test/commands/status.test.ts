import { spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { runCli } from '../support/cli.ts';
import { controlServer, daemonFile, statusOf } from '../support/control-server.ts';
import { temporaryHome } from '../support/temporary-home.ts';

const FIELDS = ['schema', 'version', 'state', 'pid', 'url', 'home', 'engine', 'events', 'spool', 'flush'];

describe('trackflow status', () => {
  it('exits with 0 and prints the screen on stdout when the daemon answers', async () => {
    const home = temporaryHome();
    await controlServer(home);
    const { code, stdout, stderr } = await runCli(['status', '--home', home]);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('http://127.0.0.1:8080');
    expect(stdout).toContain('10 accepted, 10 stored');
  });

  it('prints what the daemon said as one document with --json', async () => {
    const home = temporaryHome();
    await controlServer(home);
    const { code, stdout } = await runCli(['status', '--home', home, '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual(statusOf(home));
  });

  it('exits with 3 when nothing runs, and says null where nobody knows', async () => {
    const home = temporaryHome();
    expect((await runCli(['status', '--home', home])).code).toBe(3);
    const { code, stdout, stderr } = await runCli(['status', '--home', home, '--json']);
    expect([code, stderr]).toEqual([3, '']);
    const document = JSON.parse(stdout);
    expect(document).toMatchObject({
      state: 'stopped',
      home,
      pid: null,
      events: { accepted: null },
      spool: { rows: null },
    });
    expect(Object.keys(document)).toEqual(expect.arrayContaining(FIELDS));
  });

  it('exits with 1 when the daemon is gone and left its file', async () => {
    const home = temporaryHome();
    const gone = spawn(process.execPath, ['-e', '']);
    await new Promise((resolve) => gone.once('exit', resolve));
    daemonFile(home, gone.pid!);
    const { code, stdout } = await runCli(['status', '--home', home, '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ state: 'dead', problems: [expect.stringContaining(String(gone.pid))] });
  });

  it('exits with 4 when something is there that does not answer sensibly', async () => {
    const home = temporaryHome();
    await controlServer(home, { 'GET /status': { text: '<html>' } });
    const { code, stdout } = await runCli(['status', '--home', home, '--json']);
    expect(code).toBe(4);
    expect(JSON.parse(stdout).state).toBe('unknown');
  });

  it('exits with 5 for a degraded daemon only where --strict asks for it', async () => {
    const home = temporaryHome();
    const json = statusOf(home, { health: 'degraded', problems: ['the engine is down \u001b[2J'] });
    await controlServer(home, { 'GET /status': { json } });
    const loose = await runCli(['status', '--home', home]);
    expect(loose.code).toBe(0);
    expect(loose.stdout).toContain('the engine is down \\u{1b}[2J');
    expect((await runCli(['status', '--home', home, '--strict', '--json'])).code).toBe(5);
  });

  it('shows rates, lag and how full the spool is', async () => {
    const home = temporaryHome();
    const lastMinute = {
      seconds: 60,
      accepted: 1234.4,
      stored: 1200,
      rejected: 0.5,
      refused: 0,
      receivedBytes: 1e6,
      ackP50Ms: 1.23,
      ackP99Ms: 45.6,
      lagMs: 1500,
    };
    const spool = { bytes: 5 * 1024 ** 3, segments: 3, oldestAgeSeconds: 75, rows: 12_345, quarantined: 0 };
    await controlServer(home, { 'GET /status': { json: statusOf(home, { lastMinute, spool }) } });
    const { stdout } = await runCli(['status', '--home', home]);
    expect(stdout).toContain(
      '1,234/s accepted, 1,200/s stored, 0.5/s rejected, answers in 1.2 ms (p99 46 ms), queryable after 1.5 s',
    );
    expect(stdout).toContain('██████████░░░░░░░░░░ 50%');
    expect(stdout).toContain('12,345 events waiting, 5.0 GiB of 10.0 GiB in 3 segments, oldest 1m 15s');
    expect(stdout).toMatch(/running since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d /);
  });

  it('names the command to run for each problem', async () => {
    const home = temporaryHome();
    const healthy = statusOf(home);
    const json = statusOf(home, {
      health: 'degraded',
      problems: ['the engine is down'],
      engine: { ...healthy.engine, state: 'down' },
      events: { ...healthy.events, deadLettered: 3 },
      flush: { ...healthy.flush, breaker: 'open', lastError: 'Code: 60' },
    });
    await controlServer(home, { 'GET /status': { json } });
    const { stdout } = await runCli(['status', '--home', home]);
    for (const command of ['logs --step engine -n 20', 'logs --step flush --level warn -n 20', 'deadletter list']) {
      expect(stdout).toContain(`${command} --home ${home}`);
    }
  });

  it('takes the home from the environment', async () => {
    const home = temporaryHome();
    await controlServer(home);
    expect((await runCli(['status'], { env: { TRACKFLOW_HOME: home } })).code).toBe(0);
  });
});
