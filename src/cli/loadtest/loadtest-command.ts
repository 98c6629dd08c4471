import type { Report } from '../../loadtest/report/report.ts';
import { failureOf } from '../../loadtest/report/verdict.ts';
import type { Maximum, MaximumStep } from '../../loadtest/run/find-max.ts';
import { fullNumber, milliseconds } from '../../terminal/numbers.ts';
import { terminalText } from '../../terminal/text.ts';
import type { Instance } from '../instance.ts';
import { drawnFor } from './drawn.ts';
import type { LoadFlags } from './load-flags.ts';
import { runFindMax, runLoadtest } from './loadtest.ts';
import { reportScreen } from './report-files.ts';
import { runDemoTraffic } from './traffic.ts';

export interface LoadtestFlags extends LoadFlags {
  readonly 'find-max': boolean;
  readonly traffic: boolean;
}

export interface LoadtestTerminal {
  readonly stdout: NodeJS.WriteStream;
  readonly stdin: NodeJS.ReadStream;
  readonly json: boolean;
  readonly noColor: boolean;
}

export interface LoadtestOutcome {
  /** Of `--json`; undefined for endless traffic, which has no end to report. */
  readonly document: Report | Maximum | undefined;
  readonly exit: number;
}

/** Does what the flags ask for and prints it. The exit code is that of the verdict. */
export async function loadtestCommand(
  instance: Instance,
  flags: LoadtestFlags,
  terminal: LoadtestTerminal,
): Promise<LoadtestOutcome> {
  const { stdout, json, noColor } = terminal;
  const { env } = instance;
  const audience = { ...terminal, env, say: instance.say, now: Date.now };
  const print = (text: string) => void (json || stdout.write(`${text}\n`));
  if (flags.traffic) {
    await runDemoTraffic(instance, flags, audience);
    return { document: undefined, exit: 0 };
  }
  if (flags['find-max']) {
    const onStep = (step: MaximumStep) => instance.say(stepLine(step));
    const maximum = await runFindMax(instance, flags, { ...audience, onStep });
    print(maximumText(maximum));
    return { document: maximum, exit: maximum.rate === null ? UNREACHED_EXIT : 0 };
  }
  const report = await runLoadtest(instance, flags, audience);
  print(reportScreen(report, drawnFor(stdout, env, noColor)));
  return { document: report, exit: failureOf(report)?.exit ?? 0 };
}

/** As TF_BUSY: not even the first rate held. */
const UNREACHED_EXIT = 75;

function stepLine(step: MaximumStep): string {
  const latency = `p50 ${milliseconds(step.p50)}, p99 ${milliseconds(step.p99)}`;
  const told = step.holds ? `holds, ${latency}` : terminalText(step.why);
  return `${fullNumber(step.rate)} events/s: ${told}`;
}

function maximumText({ rate, limitedBy, steps }: Maximum): string {
  const found = rate === null ? 'no rate held' : `highest sustained rate: ${fullNumber(rate)} events/s`;
  return [found, `limited by: ${terminalText(limitedBy)}`, '', ...steps.map(stepLine)].join('\n');
}
