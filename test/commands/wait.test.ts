import { describe, expect, it } from 'vitest';
import { runCli } from '../support/cli.ts';
import { controlServer, statusOf } from '../support/control-server.ts';
import { temporaryHome } from '../support/temporary-home.ts';

describe('trackflow wait', () => {
  it('returns when the engine is ready', async () => {
    const home = temporaryHome();
    let asked = 0;
    const starting = statusOf(home, { state: 'starting' });
    await controlServer(home, { 'GET /status': () => ({ json: ++asked < 3 ? starting : statusOf(home) }) });
    const { code, stdout } = await runCli(['wait', '--home', home, '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ schema: 'trackflow.wait/1', reached: 'ready', home });
    expect(asked).toBe(3);
  });

  it('asks for a flush and returns when the spool is empty', async () => {
    const home = temporaryHome();
    const full = statusOf(home, { spool: { ...statusOf(home).spool, rows: 5 } });
    let flushed = false;
    await controlServer(home, {
      'POST /flush': () => {
        flushed = true;
        return { status: 202 };
      },
      'GET /status': () => ({ json: flushed ? statusOf(home) : full }),
    });
    expect((await runCli(['wait', '--for', 'drained', '--home', home])).code).toBe(0);
    expect(flushed).toBe(true);
  });

  it('exits with 75 when it takes too long, and says how far it is', async () => {
    const home = temporaryHome();
    const full = statusOf(home, { spool: { ...statusOf(home).spool, rows: 5 } });
    await controlServer(home, { 'POST /flush': { status: 202 }, 'GET /status': { json: full } });
    const { code, stderr } = await runCli(['wait', '--for', 'drained', '--timeout', '300ms', '--home', home]);
    expect(code).toBe(75);
    expect(stderr).toContain('5 events are in the spool');
  });

  it('returns at once when it shall be stopped and is, and exits with 3 when it shall drain and is not there', async () => {
    const home = temporaryHome();
    expect((await runCli(['wait', '--for', 'stopped', '--home', home])).code).toBe(0);
    expect((await runCli(['wait', '--for', 'drained', '--home', home])).code).toBe(3);
  });

  it('exits with 130 when it is interrupted and 143 when it is terminated', async () => {
    const home = temporaryHome();
    const server = await controlServer(home, { 'GET /status': { json: statusOf(home, { state: 'starting' }) } });
    for (const [signal, code] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
    ] as const) {
      const before = server.calls.length;
      const asking = expect.poll(() => server.calls.length, { timeout: 20_000 }).toBeGreaterThan(before);
      const result = await runCli(['wait', '--home', home], { interrupt: { once: asking, signal } });
      expect(result.code).toBe(code);
    }
  });
});
