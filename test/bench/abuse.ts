/**
 * `npm run bench:abuse`: what good clients feel while others attack.
 *
 * The good ones are `trackflow loadtest` with a fixed rate over kept connections: their latency counts from when a request
 * was due, and every event that was acknowledged is looked for afterwards. They are alone first, then beside each attack of
 * `test/path/abuse.test.ts`, which goes on from before their first request until after their last. A run that misses, doubles
 * or alters an event, or an attack that meets an error of the collector's own, makes the exit code 1.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LoadPlan } from '../../src/loadtest/plan/plan.ts';
import type { Report } from '../../src/loadtest/report/report.ts';
import { runCli } from '../support/cli.ts';
import { startDaemon, type TestDaemon } from '../support/daemon.ts';
import { until } from '../support/until.ts';

const RATE = 300;
const CONNECTIONS = 32;
const PLAN_MS_MAX = 20_000;
/** As the attacker knows them, and what they are. */
const ATTACKS: Readonly<Record<string, string>> = {
  slow: '200 heads and bodies at once, a byte every 0.2 s',
  idle: 'idle connections, up to 10,000',
  heads: 'heads that are too long, 90 at once',
  smuggling: 'requests with two meanings',
  bombs: '64 MB in a small gzip or Brotli body, 10 a round',
  frames: '50 WebSockets with random frames at once',
  bodies: 'broken bodies, 8 at a time',
};

interface Attacker extends AsyncDisposable {
  readonly begin: () => void;
  /** Ends it, and returns how many rounds it began. Throws when it has ended before. */
  readonly end: () => Promise<number>;
}

async function openAttacker(name: string, url: string): Promise<Attacker> {
  const child = fork(path.join(import.meta.dirname, 'abuse-attacker.ts'), [name, url]);
  const exited = once(child, 'exit');
  const kill = async () => {
    child.kill('SIGKILL');
    await exited;
  };
  await Promise.race([once(child, 'message'), exited]);
  let rounds = 0;
  child.on('message', () => rounds++);
  return {
    begin: () => void child.send('begin'),
    end: async () => {
      if (child.exitCode !== null) throw new Error(`the attack ended with code ${child.exitCode}`);
      await kill();
      return rounds;
    },
    [Symbol.asyncDispose]: kill,
  };
}

interface Felt {
  readonly report: Report;
  readonly rounds: number;
}

/** One run of the good clients, beside an attack if there is one. Throws what they say when there is no report. */
async function feel(daemon: TestDaemon, seconds: number, attack: string | undefined): Promise<Felt> {
  await using attacker = attack === undefined ? null : await openAttacker(attack, daemon.url);
  const folder = path.join(daemon.home, `abuse-${attack ?? 'none'}`);
  const traffic = ['--profile', 'web', '--rate', `${RATE}/s`, '--connections', String(CONNECTIONS), '--seed', '1'];
  const exact = ['--duration', `${seconds}s`, '--warmup', '1s', '--bad-rate', '0', '--resend-rate', '0'];
  const running = runCli(['loadtest', ...traffic, ...exact, '--out', folder, '--home', daemon.home, '--json']);
  const planned = path.join(folder, 'plan.json');
  const readPlan = () => JSON.parse(fs.readFileSync(planned, 'utf8')) as LoadPlan;
  const isPlanned = () => fs.existsSync(planned) && fs.statSync(planned).size > 0;
  // A load test that fails has no plan, and says why.
  await Promise.race([until(isPlanned, PLAN_MS_MAX), running]);
  if (isPlanned()) {
    attacker?.begin();
    await sleep(readPlan().startedAt + seconds * 1_000 - Date.now());
  }
  const rounds = (await attacker?.end()) ?? 0;
  const { stdout, stderr } = await running;
  if (!stdout.startsWith('{')) throw new Error(stderr.trim());
  const document = JSON.parse(stdout) as Report | { readonly error: { readonly message: string } };
  if ('error' in document) throw new Error(document.error.message);
  return { report: document, rounds };
}

/** Milliseconds, as the table has them; a dash for what too few samples stand behind. */
const shown = (ms: number | null | undefined) => ms?.toFixed(1) ?? '–';

function row(name: string, { report, rounds }: Felt, quiet: Report): string {
  const { latency, outcomes, ledger } = report;
  const [p99, quietP99] = [latency?.p99 ?? null, quiet.latency?.p99 ?? null];
  const ratio = p99 === null || quietP99 === null ? '–' : (p99 / quietP99).toFixed(2);
  const { accepted, ...others } = outcomes;
  const refused = Object.values(others).reduce((sum, count) => sum + count, 0);
  const { acknowledged, missing, duplicate, phantom, corrupt } = ledger!;
  const verified = `${missing} ${duplicate} ${phantom} ${corrupt}`;
  if (missing + duplicate + phantom + corrupt > 0) process.exitCode = 1;
  const begun = rounds === 0 ? '–' : String(rounds);
  const cells = [name, begun, shown(latency?.p50), shown(p99), ratio, refused, acknowledged, verified];
  return `| ${cells.join(' | ')} |`;
}

async function main(): Promise<void> {
  const seconds = Number(process.env.BENCH_SECONDS ?? 8);
  if (!(seconds >= 5)) throw new Error(`BENCH_SECONDS is ${process.env.BENCH_SECONDS}; it is a number from 5 on`);
  await using daemon = await startDaemon();
  // The first run warms the collector up: its code is not compiled yet.
  await feel(daemon, 5, undefined);
  fs.rmSync(path.join(daemon.home, 'abuse-none'), { recursive: true });
  const quiet = await feel(daemon, seconds, undefined);
  const machine = `${os.cpus()[0]?.model}, ${os.availableParallelism()} cores, Node ${process.version}`;
  console.log(`${machine}; ${RATE} requests/s over ${CONNECTIONS} connections, ${seconds} s each\n`);
  console.log(
    '| | rounds | p50 ms | p99 ms | p99 beside quiet | not accepted | acknowledged | missing, doubled, phantom, corrupt |',
  );
  console.log('|---|---|---|---|---|---|---|---|');
  console.log(row('nobody', quiet, quiet.report));
  // Each line as soon as it is known: a run that is cut short has shown what it had.
  for (const [attack, what] of Object.entries(ATTACKS)) {
    try {
      console.log(row(what, await feel(daemon, seconds, attack), quiet.report));
    } catch (error) {
      process.exitCode = 1;
      console.log(`| ${what} | failed | | | | | | |`);
      console.error(`${attack}: ${(error as Error).message}`);
    }
  }
}

try {
  await main();
} catch (error) {
  process.exitCode = 1;
  console.error(`bench:abuse: ${(error as Error).message}`);
}
