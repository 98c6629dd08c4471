/**
 * One run: send what the plan says, break what was asked for, wait until everything is stored, look for every event, and
 * report.
 *
 * Promises: whatever ends the run early (`stop`), what was sent is verified and reported; the plan and the ledger are on
 * disk before the first event leaves, so a run that is killed can be verified later (`loadtest verify`).
 */
import { checkFaults } from '../fault/inject.ts';
import { liveSecond } from '../live/live-second.ts';
import { LatencyHistogram } from '../measure/histogram.ts';
import type { Report } from '../report/report.ts';
import { conclude } from '../report/verdict.ts';
import { bytesPerEvent, settledTableSize, tableSize } from '../server/disk-use.ts';
import { type DrainResult, waitForDrain } from '../server/drain.ts';
import { ServerObserver } from '../server/observer.ts';
import { serverFigures } from '../server/server-figures.ts';
import { serverPart } from '../server/server-second.ts';
import { probeVisibility } from '../server/visibility-probe.ts';
import { conditionsOf } from './conditions.ts';
import type { RunOptions } from './run-options.ts';
import { send } from './send.ts';
import { Tally } from './tally.ts';
import { verifyFolder } from './verify-folder.ts';

const SECOND_MS = 1_000;
/** A verification is never cut short: it is what a run is for. */
const NEVER = new AbortController().signal;
/** Merges go on for a while after the last insert; what they have not done by then is not waited for. */
const SETTLE_MS_MAX = 20_000;
/** With fewer rows the bytes of an event are not told, so nobody waits for them either. */
const SETTLE_EVENTS_MIN = 100_000;

export interface RunResult {
  readonly report: Report;
  readonly drain: DrainResult;
  /** Histogram of the latencies, or of the service times of a closed model, encoded. */
  readonly latency: string;
}

/** Runs the plan until its end or until `stop` aborts. Throws TF_NOT_RUNNING and what else the control socket throws. */
export async function runPlan(options: RunOptions, stop: AbortSignal): Promise<RunResult> {
  const { plan, key, folder, control, faults, slos, live, now } = options;
  const status = await control.status();
  checkFaults(faults, status);
  folder.create(plan);

  const visibility = new LatencyHistogram();
  const observer = new ServerObserver({ source: (signal) => control.stream(signal), startedAt: plan.startedAt });
  const tally = new Tally(plan, (second, ticks) => {
    // The daemon tells of a second a moment after it is over: live, the one before will do.
    const server = observer.at(second.second) ?? observer.at(second.second - 1);
    live.push(liveSecond(ticks, { ...second, ...serverPart(server) }, server));
  });
  const sending = new AbortController();
  const ended = new AbortController();
  const observing = observer.run(ended.signal);
  const probing = probeVisibility(
    { url: status.url, run: plan.run, key, control, record: (ms) => visibility.record(ms) },
    sending.signal,
  );
  try {
    const sent = await send(options, tally, stop);
    sending.abort();
    const sizeBefore = tableSize(observer, 0);
    const drain = await waitForDrain(
      { control, timeoutMs: options.drainMs, onProgress: () => live.setPhase('draining', null) },
      ended.signal,
    );
    const timeoutMs = sent.acknowledged < SETTLE_EVENTS_MIN ? 0 : SETTLE_MS_MAX;
    if (timeoutMs > 0) live.setPhase('settling', null);
    const sizeAfter = await settledTableSize(observer, { timeoutMs, signal: ended.signal });
    const ledger = options.verify && drain.drained ? await verify(options, sent.resent) : null;

    const measured = observer.between(tally.firstSecond, Math.ceil(sent.sentMs / SECOND_MS));
    const stored = measured.flatMap((second) => (second.stored === null ? [] : [second.stored]));
    const storedPerSecond = stored.length === 0 ? null : stored.reduce((sum, rate) => sum + rate, 0) / stored.length;
    const { startedAt, url } = plan;
    const report = conclude(
      {
        plan,
        conditions: conditionsOf(status, { startedAt, endedAt: now(), requestBytes: tally.requestBytes, url }),
        load: tally.load(sent.dropped, sent.sentMs, storedPerSecond),
        latency: plan.model === 'open' ? tally.latency.percentiles() : null,
        service: tally.service.percentiles(),
        failureLatency: tally.failureLatency.percentiles(),
        outcomes: tally.outcomes,
        rejectedBy: tally.rejectedBy,
        generator: tally.generator(),
        server: serverFigures(measured, bytesPerEvent(sizeBefore, sizeAfter)),
        visibility: visibility.count === 0 ? null : visibility.percentiles(),
        ledger,
        faults: sent.faults,
        seconds: tally.seconds.map((second) => ({ ...second, ...serverPart(observer.at(second.second)) })),
      },
      { slos, interrupted: stop.aborted },
    );
    live.setPhase('done', 1);
    return { report, drain, latency: (plan.model === 'open' ? tally.latency : tally.service).encode() };
  } finally {
    sending.abort();
    ended.abort();
    await Promise.all([observing, probing]);
  }
}

async function verify({ plan, folder, control, live }: RunOptions, resent: number) {
  const onProgress = (progress: number) => live.setPhase('verifying', progress);
  onProgress(0);
  return verifyFolder({ plan, folder, control, onProgress, signal: NEVER, resent });
}
