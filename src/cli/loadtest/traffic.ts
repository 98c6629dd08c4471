import { parseRate } from '../../loadtest/plan/parse.ts';
import { DEMO_RUN } from '../../loadtest/plan/plan.ts';
import { runTraffic, type TrafficTotals, trafficStages } from '../../loadtest/run/traffic.ts';
import { fullNumber } from '../../terminal/numbers.ts';
import type { Instance } from '../instance.ts';
import { endsWhenInterrupted } from '../interruption.ts';
import { admittedKey } from './key.ts';
import type { LoadFlags } from './load-flags.ts';
import { planFrom } from './plan-from-flags.ts';
import type { Audience } from './watch.ts';

const RATE_DEFAULT = '20/s';
const LINE_EVERY_SECONDS = 5;
/** Little traffic needs few connections, and one thread. */
const CONNECTIONS = 8;

/**
 * Demo traffic until the person interrupts it. Throws TF_NOT_RUNNING when there is no daemon to begin with, TF_PERMISSION
 * when it takes no such events.
 */
export async function runDemoTraffic(instance: Instance, flags: LoadFlags, audience: Audience): Promise<void> {
  const { url } = await instance.control.status();
  const key = await admittedKey(instance, flags, url);
  const rate = parseRate('--rate', flags.rate ?? RATE_DEFAULT);
  const plan = (now: number) => ({
    ...planFrom({ ...flags, seed: undefined, connections: CONNECTIONS, workers: 1, warmup: '0s' }, url, now),
    stages: trafficStages(rate),
    run: DEMO_RUN,
  });
  instance.say(
    `sending about ${rate} events/s to ${flags.url ?? url} until Ctrl-C; ${instance.commandLine('dash')} shows them`,
  );
  const onSecond = (totals: TrafficTotals) => {
    if (totals.seconds % LINE_EVERY_SECONDS === 0) audience.say(line(totals, audience.json));
  };
  await endsWhenInterrupted(runTraffic({ plan, key, onSecond, now: audience.now }, instance.signal).then(() => {}));
}

function line({ seconds, acknowledged, rejected, unknown }: TrafficTotals, json: boolean): string {
  if (json) return JSON.stringify({ seconds, acknowledged, rejected, unknown });
  const lost = unknown > 0 ? `, ${fullNumber(unknown)} without an answer` : '';
  return `${seconds} s: ${fullNumber(acknowledged)} acknowledged, ${fullNumber(rejected)} rejected${lost}`;
}
