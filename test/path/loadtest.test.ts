import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Report } from '../../src/loadtest/report/report.ts';
import { runCli } from '../support/cli.ts';
import { startDaemon, type TestDaemon } from '../support/daemon.ts';
import { RunningCli } from '../support/running-cli.ts';
import { accepted, openStub } from '../support/stub-collector.ts';
import { type Tampering, TamperingCollector } from '../support/tampering-collector.ts';

/** wrk2's demonstration of what a closed model hides. */
const STALL_MS = 1_400;
const NO_VIOLATION = { missing: 0, duplicate: 0, phantom: 0, corrupt: 0 };

describe('trackflow loadtest', () => {
  let daemon: TestDaemon;
  beforeAll(async () => {
    daemon = await startDaemon();
  });
  afterAll(() => daemon[Symbol.asyncDispose]());

  const loadtest = (...args: string[]) => runCli(['loadtest', ...args, '--home', daemon.home]);
  const reportOf = (stdout: string) => JSON.parse(stdout) as Report;

  it('finds every acknowledged event of every dialect once, and keeps a report in the home', async () => {
    const { stdout, stderr } = await loadtest('--rate', '300/s', '--duration', '4s', '--seed', '1', '--json');
    const report = reportOf(stdout);
    expect(report.ledger, stderr).toMatchObject(NO_VIOLATION);
    expect(report.ledger!.acknowledged).toBeGreaterThan(1_000);
    expect(report.ledger!.rows).toBe(report.ledger!.acknowledged + report.ledger!.unknownPresent);
    expect(report.outcomes.accepted).toBeGreaterThan(100);
    const folder = path.join(daemon.home, 'loadtest', report.plan.run);
    expect(fs.readdirSync(folder).sort()).toEqual([
      'latency.hdr',
      'ledger-0.bits',
      'plan.json',
      'report.html',
      'report.json',
      'report.txt',
      'seconds.ndjson',
    ]);
    const again = await loadtest('verify', report.plan.run);
    expect(again).toMatchObject({ code: 0, stdout: expect.stringMatching(/missing +duplicate +phantom +corrupt/) });
    const compared = await loadtest('compare', report.plan.run, folder, '--json');
    expect(JSON.parse(compared.stdout)).toMatchObject({ a: { run: report.plan.run }, b: { run: report.plan.run } });
  });

  it('loses nothing when the daemon and the engine are killed and the engine stands still meanwhile', async () => {
    const faults = 'kill-daemon@1s,kill-engine@4s,pause-engine:2s@7s';
    const { stdout, stderr } = await loadtest('--rate', '200/s', '--duration', '10s', '--fault', faults, '--json');
    const report = reportOf(stdout);
    expect(report.ledger, stderr).toMatchObject(NO_VIOLATION);
    expect(report.faults.map(({ told }) => told)).toEqual([
      expect.stringMatching(/^killed the daemon .* ready again after/),
      expect.stringMatching(/^killed ClickHouse .* ready again after/),
      expect.stringMatching(/^stopped ClickHouse .* let it go on$/),
    ]);
    expect(report.ledger!.acknowledged).toBeGreaterThan(500);
  });

  it.each([
    ['drop', 'missing'],
    ['double', 'duplicate'],
    ['alter', 'corrupt'],
  ] as const)(
    'ends with 78 for a collector that has one event in a thousand to %s',
    async (tampering: Tampering, kind) => {
      await using liar = await TamperingCollector.open(daemon, { tampering, every: 1_000 });
      const traffic = [
        '--profile',
        'web',
        '--rate',
        '500/s',
        '--duration',
        '5s',
        '--bad-rate',
        '0',
        '--resend-rate',
        '0',
      ];
      const { code, stdout, stderr } = await loadtest(...traffic, '--url', liar.url, '--json');
      expect(liar.tampered, stderr).toBe(2);
      expect(code).toBe(78);
      const { ledger, verdict, reasons } = reportOf(stdout);
      expect({ verdict, ledger }).toMatchObject({ verdict: 'failed', ledger: { ...NO_VIOLATION, [kind]: 2 } });
      expect(ledger!.examples.map((example) => example.kind)).toEqual([kind, kind]);
      expect(reasons[0]).toMatch(/^2 events are/);
    },
  );

  it('shows a stall of 1.4 s in the latency, which the time of the answers and a closed model hide', async () => {
    let stalledUntil = 0;
    await using stub = await openStub((socket, { index }) => {
      if (index === 100) stalledUntil = performance.now() + STALL_MS;
      setTimeout(() => socket.write(accepted(1)), Math.max(0, stalledUntil - performance.now()));
    });
    const to = [
      '--url',
      stub.url,
      '--no-verify',
      '--profile',
      'web',
      '--bad-rate',
      '0',
      '--duration',
      '5s',
      '--warmup',
      '0s',
      '--json',
    ];
    const open = reportOf((await loadtest(...to, '--rate', '300/s', '--connections', '8')).stdout);
    expect(open.latency!.p99).toBeGreaterThan(STALL_MS * 0.8);
    expect(open.service.p99).toBeLessThan(STALL_MS / 4);
    expect(open.service.max).toBeGreaterThan(STALL_MS * 0.9);
    stub.requests.length = 0;
    const closed = reportOf((await loadtest(...to, '--closed', '--connections', '1')).stdout);
    expect(closed.latency).toBeNull();
    expect(closed.service.p99).toBeLessThan(STALL_MS / 4);
  });

  it('verifies a run whose generator was killed', async () => {
    await using run = new RunningCli([
      'loadtest',
      '--rate',
      '500/s',
      '--duration',
      '60s',
      '--home',
      daemon.home,
      '--json',
    ]);
    const folder = path.join(daemon.home, 'loadtest');
    const before = new Set(fs.existsSync(folder) ? fs.readdirSync(folder) : []);
    const { accepted } = (await daemon.status()).events;
    await daemon.until(async () => (await daemon.status()).events.accepted > accepted + 1_000);
    await run.end('SIGKILL');
    await daemon.drained();
    const [name] = fs.readdirSync(folder).filter((entry) => !before.has(entry));
    const { code, stdout, stderr } = await loadtest('verify', name!, '--json');
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ schema: 'trackflow.loadtest-verify/1', ...NO_VIOLATION });
  });

  it('stops at the first Ctrl-C, and verifies what was sent', async () => {
    await using run = new RunningCli([
      'loadtest',
      '--rate',
      '300/s',
      '--duration',
      '60s',
      '--home',
      daemon.home,
      '--json',
    ]);
    const { accepted } = (await daemon.status()).events;
    await daemon.until(async () => (await daemon.status()).events.accepted > accepted + 500);
    expect(await run.end('SIGINT')).toBe(130);
    expect(reportOf(run.stdout)).toMatchObject({ verdict: 'interrupted', ledger: NO_VIOLATION });
  });

  it('sends demo traffic until it is interrupted', async () => {
    await using run = new RunningCli(['loadtest', '--traffic', '--rate', '100/s', '--home', daemon.home]);
    await run.until(({ stderr }) => /acknowledged/.test(stderr));
    expect(await run.end('SIGINT')).toBe(0);
    await daemon.drained();
    const rows = await daemon.query(
      "SELECT DISTINCT account FROM events WHERE startsWith(account, 'demo-') ORDER BY 1",
    );
    expect(rows.length).toBeGreaterThan(1);
  });

  it.each([
    [['--rate', 'fast'], /--rate "fast" is no rate/],
    [['--fault', 'burn@3s'], /kill-daemon@TIME/],
    [['--slo', 'p99<5'], /p99/],
    [['--bad-rate', '2'], /allowed is 0 to 1/],
    [['--stages', '1k:1s', '--rate', '5'], /cannot also be provided|exclusive/],
  ])('refuses %j by name', async (args, message) => {
    expect(await loadtest(...args)).toMatchObject({ code: 2, stderr: expect.stringMatching(message) });
  });
});

it('says what to run when there is no daemon', async () => {
  expect(await runCli(['loadtest', '--home', '/nonexistent/home'])).toMatchObject({
    code: 3,
    stderr: expect.stringMatching(/trackflow\.js start/),
  });
});
