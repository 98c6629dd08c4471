import { setTimeout as sleep } from 'node:timers/promises';
import { type Finding, type Patient, pass, warn } from '../check.ts';

/** Events of the engine and of the collector are put in order by their times. */
const ENGINE_OFFSET_MS_MAX = 1_000;
/** How far the clock may move against the monotonic one while it is looked at. */
const STEP_MS_MAX = 50;
const LOOK_MS = 100;
/** A start that lies ahead of now by more says that the clock was set back. */
const AHEAD_MS_MAX = 5_000;

/** The clock of this machine against the monotonic one, the daemon's start and the engine's `now()`. */
export async function clock(patient: Patient): Promise<Finding> {
  const step = await clockStep(patient.now);
  if (Math.abs(step) > STEP_MS_MAX) {
    return warn(
      `the clock moved by ${Math.round(step)} ms while it was looked at`,
      'see the time service (timedatectl)',
    );
  }
  const { running } = patient.status;
  const ahead = running === undefined ? 0 : Date.parse(running.startedAt) - patient.now();
  if (ahead > AHEAD_MS_MAX) {
    return warn(
      `the daemon started ${Math.round(ahead / 1_000)} s in the future: the clock was set back`,
      'trackflow restart',
    );
  }
  if (running?.engine.state !== 'ready') return pass('steady; no engine to compare with');
  const { offset, toleranceMs } = await engineOffset(patient);
  const seen = `steady, the engine's differs by ${Math.round(offset)} ms`;
  if (Math.abs(offset) <= toleranceMs) return pass(seen);
  return warn(seen, 'set both clocks by a time service; events keep the times of the collector');
}

async function clockStep(now: () => number): Promise<number> {
  const [wall, monotonic] = [now(), performance.now()];
  await sleep(LOOK_MS);
  return now() - wall - (performance.now() - monotonic);
}

/** The engine answers at some moment between question and answer, so their distance is added to what is tolerated. */
async function engineOffset({ instance, now }: Patient): Promise<{ offset: number; toleranceMs: number }> {
  const asked = now();
  const { rows } = await instance.control.query('SELECT toUnixTimestamp64Milli(now64(3)) AS ms');
  const answered = now();
  const offset = Number(rows[0]?.ms) - (asked + answered) / 2;
  return { offset, toleranceMs: ENGINE_OFFSET_MS_MAX + (answered - asked) / 2 };
}
