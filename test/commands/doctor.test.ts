import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../../src/config/resolve.ts';
import { runCli } from '../support/cli.ts';
import { controlServer, daemonFile, statusOf } from '../support/control-server.ts';
import { temporaryHome } from '../support/temporary-home.ts';

interface Report {
  readonly ok: boolean;
  readonly checks: readonly {
    readonly id: string;
    readonly verdict: string;
    readonly seen: string;
    readonly next?: string;
  }[];
  readonly fixed: readonly string[];
  readonly bundle: string | null;
}

async function doctor(home: string, ...flags: string[]): Promise<{ code: number | null; report: Report }> {
  const { code, stdout } = await runCli(['doctor', '--home', home, '--json', ...flags]);
  return { code, report: JSON.parse(stdout) as Report };
}

const check = ({ checks }: Report, id: string) => checks.find((one) => one.id === id)!;
const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

describe('trackflow doctor', () => {
  it('runs every check, and exits with 1 when one fails', async () => {
    const home = temporaryHome();
    const query = { rows: [{ newest: 999 }], columns: [{ name: 'newest', type: 'UInt32' }] };
    await controlServer(home, { 'POST /query': { json: query } });
    const { code, report } = await doctor(home);
    expect([code, report.ok]).toEqual([1, false]);
    const verdicts = Object.fromEntries(report.checks.map(({ id, verdict }) => [id, verdict]));
    expect(verdicts).toMatchObject({
      node: 'pass',
      config: 'pass',
      'config-running': 'pass',
      'control-socket': 'pass',
      engine: 'pass',
      schema: 'fail',
      // The stand-in has no collector.
      'engine-health': 'fail',
    });
    expect(report.checks.filter(({ verdict, next }) => (verdict === 'fail' || verdict === 'warn') && !next)).toEqual(
      [],
    );
  });

  it('skips what needs a daemon where none runs, and fails on a bad configuration with what to run next', async () => {
    const home = temporaryHome();
    const env = { TRACKFLOW_LISTEN_PORT: 'x' };
    const { code, stdout } = await runCli(['doctor', '--home', home], { env });
    expect(code).toBe(1);
    expect(stdout).toMatch(/FAIL +config .*listen\.port is "x"/);
    expect(stdout).toContain(`next: ./bin/trackflow.js config validate --home ${home}`);
    expect(stdout).toMatch(/: \d failed(, \d warnings?)?\n/);
    expect(stdout).toMatch(/skip +control-socket/);
  });

  it('names the settings that are not defaults with their origin, and those the daemon does not have yet', async () => {
    const home = temporaryHome();
    await controlServer(home, { 'GET /config': { json: resolveConfig({ home, env: {} }) } });
    writeFileSync(join(home, 'trackflow.json'), '{"flush":{"rowsMax":7}}');
    const { report } = await doctor(home);
    expect(check(report, 'config').seen).toContain('flush.rowsMax (file)');
    expect(check(report, 'config-running')).toMatchObject({
      verdict: 'warn',
      seen: expect.stringContaining('flush.rowsMax'),
      next: expect.stringContaining('restart'),
    });
  });

  it('sees damage in the spool without a daemon', async () => {
    const home = temporaryHome();
    mkdirSync(join(home, 'spool', 'events', 'quarantine'), { recursive: true });
    writeFileSync(join(home, 'spool', 'events', 'quarantine', '0123456789abcdef.seg'), 'x');
    expect(check((await doctor(home)).report, 'spool-files')).toMatchObject({ verdict: 'fail' });
  });

  it('sees that the clock was set back since the daemon started', async () => {
    const home = temporaryHome();
    const startedAt = new Date(Date.now() + 3_600_000).toISOString();
    await controlServer(home, { 'GET /status': { json: statusOf(home, { startedAt }) } });
    expect(check((await doctor(home)).report, 'clock')).toMatchObject({ verdict: 'warn' });
  });

  it("sees that the engine's clock is another", async () => {
    const home = temporaryHome();
    const rows = [{ ms: Date.now() - 60_000, newest: 1 }];
    await controlServer(home, { 'POST /query': { json: { rows, columns: [] } } });
    expect(check((await doctor(home)).report, 'clock')).toMatchObject({
      verdict: 'warn',
      seen: expect.stringMatching(/differs by -(59|6\d)\d{3} ms/),
    });
  });
});

describe('trackflow doctor --fix', () => {
  it('closes the home to others and removes what a dead daemon left, says so, and is content', async () => {
    const home = temporaryHome();
    chmodSync(home, 0o755);
    const file = daemonFile(home, 2 ** 22 + 1);
    const logs = join(home, 'logs');
    mkdirSync(logs);
    chmodSync(logs, 0o755);
    writeFileSync(join(home, 'state.db'), '', { mode: 0o644 });

    const before = (await doctor(home)).report;
    expect(check(before, 'home-permissions')).toMatchObject({ verdict: 'warn', next: 'trackflow doctor --fix' });
    expect(check(before, 'leftovers').verdict).toBe('warn');
    expect(before.fixed).toEqual([]);
    expect(modeOf(logs)).toBe('755');

    const { code, report } = await doctor(home, '--fix');
    expect(code).toBe(0);
    expect(report.fixed).toEqual([
      `set mode 700 on ${logs}`,
      `set mode 600 on ${join(home, 'state.db')}`,
      `removed ${file}`,
    ]);
    expect([modeOf(logs), modeOf(join(home, 'state.db'))]).toEqual(['700', '600']);
    expect(check(report, 'home-permissions').verdict).toBe('pass');
    expect(check(report, 'leftovers').verdict).toBe('pass');
    expect((await doctor(home, '--fix')).report.fixed).toEqual([]);
  });

  it('touches nothing of a daemon that answers', async () => {
    const home = temporaryHome();
    await controlServer(home);
    const file = daemonFile(home, 2 ** 22 + 1);
    expect((await doctor(home, '--fix')).report.fixed).toEqual([]);
    expect(readFileSync(file, 'utf8')).toContain('pid');
  });
});

describe('trackflow doctor --bundle', () => {
  it('never replaces a file, and exits with 73', async () => {
    const home = temporaryHome();
    const file = join(home, 'there');
    writeFileSync(file, 'kept');
    const { code } = await runCli(['doctor', '--home', home, '--bundle', file]);
    expect([code, readFileSync(file, 'utf8')]).toEqual([73, 'kept']);
  });

  it('is written where nothing was ever started, too', async () => {
    const home = temporaryHome();
    const file = join(home, 'bundle.tar.gz');
    expect((await doctor(join(home, 'nothing'), '--bundle', file)).report.bundle).toBe(file);
    expect(modeOf(file)).toBe('600');
  });
});
