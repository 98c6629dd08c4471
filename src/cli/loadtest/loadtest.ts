import { join } from 'node:path';
import { ControlClient } from '../../control/client.ts';
import { TrackflowError } from '../../errors/error.ts';
import { parseFaults } from '../../loadtest/fault/faults.ts';
import { LiveFigures } from '../../loadtest/live/live-figures.ts';
import { PLAN_LIMITS, parseRate, stagesOf } from '../../loadtest/plan/parse.ts';
import type { Report } from '../../loadtest/report/report.ts';
import { parseSlos } from '../../loadtest/report/slo.ts';
import { findMax, type Maximum } from '../../loadtest/run/find-max.ts';
import { type RunResult, runPlan } from '../../loadtest/run/run.ts';
import { RunFolder } from '../../loadtest/run/run-folder.ts';
import type { RunOptions } from '../../loadtest/run/run-options.ts';
import type { Instance } from '../instance.ts';
import { admittedKey } from './key.ts';
import type { LoadFlags } from './load-flags.ts';
import { planFrom } from './plan-from-flags.ts';
import { reportFiles } from './report-files.ts';
import { restarter } from './restart.ts';
import { type Audience, watch } from './watch.ts';

/** What outlives the person's Ctrl-C: the run is still drained, verified and reported. */
const NEVER = new AbortController().signal;
/** A step of the search: long enough for queues to show. */
const STEP_MS_MIN = 20_000;

/** One load test of the instance, shown as it goes. Its files lie in its folder when this returns. */
export async function runLoadtest(instance: Instance, flags: LoadFlags, audience: Audience): Promise<Report> {
  const control = new ControlClient(instance.home, NEVER);
  const { url } = await control.status();
  const key = await admittedKey(instance, flags, url);
  const plan = planFrom(flags, url, audience.now());
  const { report, drain, folder } = await runOne(instance, control, { plan, key }, flags, audience, instance.signal);
  instance.say(`report: ${folder.path}/report.html`);
  if (!drain.drained) throw undrained(instance, drain.rows, folder);
  return report;
}

/** Steps up to the highest rate that holds. `--duration` is that of a step. */
export async function runFindMax(instance: Instance, flags: LoadFlags, audience: Audience): Promise<Maximum> {
  const control = new ControlClient(instance.home, NEVER);
  const { url } = await control.status();
  const key = await admittedKey(instance, flags, url);
  const startRate = parseRate('--rate', flags.rate ?? '1000/s');
  const run = async (rate: number): Promise<RunResult> => {
    instance.say(`step: ${rate} events/s`);
    const asked = planFrom({ ...flags, stages: undefined, rate: `${rate}/s` }, url, audience.now());
    const askedMs = asked.stages.reduce((sum, stage) => sum + stage.durationMs, 0);
    const durationMs = flags.duration === undefined ? STEP_MS_MIN : askedMs;
    const plan = {
      ...asked,
      stages: stagesOf(rate, durationMs, 0),
      warmupMs: Math.min(asked.warmupMs, durationMs / 5),
    };
    return runOne(instance, control, { plan, key }, { ...flags, out: undefined }, audience, instance.signal);
  };
  const { rateMax } = PLAN_LIMITS;
  return findMax({ startRate, rateMax, run, onStep: (step) => audience.onStep?.(step) }, instance.signal);
}

async function runOne(
  instance: Instance,
  control: ControlClient,
  { plan, key }: Pick<RunOptions, 'plan' | 'key'>,
  flags: LoadFlags,
  audience: Audience,
  signal: AbortSignal,
): Promise<RunResult & { folder: RunFolder }> {
  const folder = new RunFolder(flags.out ?? join(instance.home, 'loadtest', plan.run));
  const live = new LiveFigures(plan);
  const stop = new AbortController();
  const watching = watch(live, audience, () => stop.abort());
  try {
    const result = await runPlan(
      {
        plan,
        key,
        folder,
        control,
        faults: flags.fault === undefined ? [] : parseFaults(flags.fault),
        slos: flags.slo === undefined ? [] : parseSlos(flags.slo),
        restart: await restarter(instance, control),
        verify: flags.verify,
        drainMs: flags['verify-timeout'],
        live,
        now: audience.now,
      },
      AbortSignal.any([signal, stop.signal]),
    );
    folder.writeReport(result.report, reportFiles(result));
    return { ...result, folder };
  } finally {
    await watching.end();
  }
}

function undrained(instance: Instance, rows: number | null, folder: RunFolder): TrackflowError {
  const held = rows === null ? 'the daemon does not answer' : `the spool still holds ${rows} events`;
  return new TrackflowError('TF_TIMEOUT', `${held}: nothing was verified`, {
    hints: [instance.commandLine('status'), `later: ${instance.commandLine(`loadtest verify ${folder.path}`)}`],
  });
}
