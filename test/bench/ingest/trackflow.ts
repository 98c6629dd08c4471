import { cpuSeconds } from '../../support/cpu-seconds.ts';
import type { TestDaemon } from '../../support/daemon.ts';
import type { Measured } from './measured.ts';
import { SECONDS, WARM_UP_SECONDS } from './rounds.ts';
import type { Sent } from './send.ts';

/**
 * TrackFlow itself, however `send` reaches it. Throws when what was acknowledged is not what is stored: a rate that lost
 * events is none.
 */
export async function measureTrackflow(
  daemon: TestDaemon,
  batch: number,
  send: (url: string, batch: number, seconds: number) => Promise<Sent>,
): Promise<Measured> {
  await send(daemon.url, batch, WARM_UP_SECONDS);
  await daemon.drained();
  const start = await daemon.status();
  const enginePid = start.engine.pid;
  const [before, engineBefore, startedAt] = [cpuSeconds(daemon.pid), cpuSeconds(enginePid), performance.now()];
  const sent = await send(daemon.url, batch, SECONDS);
  const cpu = cpuSeconds(daemon.pid) - before;
  const end = await daemon.drained();
  const seconds = (performance.now() - startedAt) / 1_000;
  const engineCpu = cpuSeconds(enginePid) - engineBefore;
  const events = end.events.accepted - start.events.accepted;
  const stored = end.events.stored - start.events.stored;
  // A sender cuts the requests under way when its time is up: those are stored although it did not count them.
  const counted = sent.requests * batch;
  if (stored !== events || events < counted || sent.errors > 0) {
    throw new Error(`acknowledged ${counted}, accepted ${events}, stored ${stored}, errors ${sent.errors}`);
  }
  return {
    ...sent,
    eventsPerSecond: counted / sent.seconds,
    storedPerSecond: stored / seconds,
    cpuMicros: (cpu / events) * 1e6,
    engineCpuMicros: (engineCpu / events) * 1e6,
  };
}
