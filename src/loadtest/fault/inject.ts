/**
 * Kills and stops parts of the server while it is under load, each at its time, and sees how soon it answers again.
 *
 * Promises: a process that was stopped goes on, also when the run is cut short. A fault that cannot be done is told in
 * its figures and does not end the run. Only processes that the daemon's own status names are touched.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ControlClient } from '../../control/client.ts';
import type { Status } from '../../control/protocol.ts';
import { TrackflowError } from '../../errors/error.ts';
import type { FaultFigures } from '../report/report.ts';
import type { Fault } from './faults.ts';
import { killProcess, pauseProcess } from './processes.ts';

const POLL_MS = 5;
const STATUS_POLL_MS = 50;
/** Longest wait for an acknowledgement, for a status, and for an engine that is started again. */
const RECOVERY_MS_MAX = 120_000;
/** Answers of a daemon that is dead may still be on their way to us; one that starts again takes longer than this. */
const LAST_ANSWERS_MS = 100;

export interface InjectOptions {
  readonly faults: readonly Fault[];
  /** Epoch milliseconds from which the times of faults count. */
  readonly startedAt: number;
  readonly control: Pick<ControlClient, 'status'>;
  /** Starts the daemon again after it was killed. */
  readonly restart: () => Promise<void>;
  /** Events acknowledged so far: the finer it counts, the finer is `recoveredMs`. */
  readonly acknowledged: () => number;
  readonly now: () => number;
  /** Called when a fault is being done, and with its figures when it is over. */
  readonly onFault?: (fault: Fault, figures: FaultFigures | null) => void;
}

/** Throws TF_USAGE when a fault needs the engine and that is not ours to kill; called before anything is sent. */
export function checkFaults(faults: readonly Fault[], { engine }: Pick<Status, 'engine'>): void {
  const needy = faults.find(({ kind }) => kind !== 'kill-daemon');
  if (needy === undefined || engine.kind === 'embedded') return;
  const where = WHERE[engine.kind];
  throw new TrackflowError('TF_USAGE', `--fault ${needy.name}: ClickHouse runs ${where}`, {
    hints: ['allowed here: kill-daemon@TIME', 'with the embedded engine all faults can be done'],
  });
}

const WHERE = {
  docker: 'in a container, which has no process of ours',
  cluster: 'in containers, which have no process of ours',
  url: 'by URL and is not ours to stop',
} as const;

/** Does each fault at its time. Resolves when all are over, or soon after `signal` aborts with those that were begun. */
export async function injectFaults(options: InjectOptions, signal: AbortSignal): Promise<FaultFigures[]> {
  const figures = await Promise.all(options.faults.map((fault) => inject(fault, options, signal)));
  return figures.filter((one) => one !== null);
}

async function inject(fault: Fault, options: InjectOptions, signal: AbortSignal): Promise<FaultFigures | null> {
  const { startedAt, now, onFault } = options;
  await rest(startedAt + fault.atMs - now(), signal);
  if (signal.aborted) return null;
  onFault?.(fault, null);
  const atMs = now() - startedAt;
  const began = performance.now();
  let recoveredMs: number | null = null;
  let told: string;
  try {
    const done = await DO[fault.kind](fault, options, signal);
    told = done.told;
    recoveredMs = done.answeredAt === null ? null : done.answeredAt - began;
  } catch (error) {
    told = `failed: ${error instanceof Error ? error.message : String(error)}`;
  }
  const figures = { name: fault.name, atMs, told, recoveredMs };
  onFault?.(fault, figures);
  return figures;
}

interface Done {
  readonly told: string;
  /** Of the first acknowledgement after the fault, by `performance.now()`; null when there was none. */
  readonly answeredAt: number | null;
}

type Doing = (fault: Fault, options: InjectOptions, signal: AbortSignal) => Promise<Done>;

const DO: Readonly<Record<Fault['kind'], Doing>> = {
  'kill-daemon': async (_fault, options, signal) => {
    const { pid } = await statusOf(options, () => true, signal);
    const began = performance.now();
    await killProcess(pid);
    await rest(LAST_ANSWERS_MS, signal);
    const restarted = options.restart().then(() => performance.now());
    const [answeredAt, readyAt] = await Promise.all([nextAnswer(options, signal), restarted]);
    return { told: `killed the daemon (pid ${pid}), ${after(began, readyAt, 'ready again')}`, answeredAt };
  },
  'kill-engine': async (_fault, options, signal) => {
    const { pid } = (await statusOf(options, hasEngine, signal)).engine;
    const began = performance.now();
    await killProcess(pid);
    const [answeredAt, readyAt] = await Promise.all([nextAnswer(options, signal), nextEngine(pid, options, signal)]);
    return { told: `killed ClickHouse (pid ${pid}), ${after(began, readyAt, 'ready again')}`, answeredAt };
  },
  'pause-engine': async (fault, options, signal) => {
    const { pid } = (await statusOf(options, hasEngine, signal)).engine;
    const began = performance.now();
    const paused = pauseProcess(pid, fault.lengthMs, signal);
    const [answeredAt, wentOn] = await Promise.all([nextAnswer(options, signal), paused]);
    const seconds = seconds1(performance.now() - began);
    const end = wentOn ? 'let it go on' : 'it was gone by then: the daemon had replaced it';
    return { told: `stopped ClickHouse (pid ${pid}) for ${seconds} s, ${end}`, answeredAt };
  },
};

/** Time of the next growth of the acknowledged events. */
async function nextAnswer({ acknowledged }: InjectOptions, signal: AbortSignal): Promise<number | null> {
  const before = acknowledged();
  return poll(POLL_MS, signal, async () => acknowledged() > before);
}

async function nextEngine(killed: number, { control }: InjectOptions, signal: AbortSignal): Promise<number | null> {
  return poll(STATUS_POLL_MS, signal, async () => {
    const engine = await control.status().then(
      (status) => status.engine,
      () => null,
    );
    return engine !== null && engine.pid !== killed && engine.state === 'ready';
  });
}

/** The first status that fits, also of a daemon that another fault has just killed. Throws when there is none in time. */
async function statusOf(
  { control }: InjectOptions,
  fits: (status: Status) => boolean,
  signal: AbortSignal,
): Promise<Status> {
  let failure: unknown = new Error('the engine did not come up');
  const found: Status[] = [];
  await poll(STATUS_POLL_MS, signal, async () => {
    try {
      found.push(...[await control.status()].filter(fits));
    } catch (error) {
      failure = error;
    }
    return found.length > 0;
  });
  if (found[0] === undefined) throw failure;
  return found[0];
}

function hasEngine({ engine }: Status): boolean {
  return engine.pid > 0;
}

/** When `condition` held; null when it did not within `RECOVERY_MS_MAX` or until `signal` aborted. */
async function poll(everyMs: number, signal: AbortSignal, condition: () => Promise<boolean>): Promise<number | null> {
  const deadline = performance.now() + RECOVERY_MS_MAX;
  for (;;) {
    if (await condition()) return performance.now();
    if (signal.aborted || performance.now() >= deadline) return null;
    await rest(everyMs, signal);
  }
}

async function rest(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0) await sleep(ms, undefined, { signal }).catch(() => {});
}

function after(began: number, at: number | null, what: string): string {
  return at === null ? `not ${what} in time` : `${what} after ${seconds1(at - began)} s`;
}

function seconds1(ms: number): string {
  return (ms / 1_000).toFixed(1);
}
