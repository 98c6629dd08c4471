import { TrackflowError } from '../../errors/error.ts';
import type { Preset } from '../../migrate/make-plan.ts';
import { terminalText } from '../../terminal/text.ts';
import type { Instance } from '../instance.ts';
import { taskFailure, watchTask } from '../tasks/carried-task.ts';
import type { Style } from '../terminal/style.ts';
import { pairs } from '../terminal/table.ts';
import { plural, secondsText } from '../terminal/units.ts';

const CUTOVER = 'cutover';

export interface CutoverReport {
  readonly schema: 'trackflow.cutover/1';
  /** False: ClickHouse kept the events already. */
  readonly changed: boolean;
  readonly task: string | null;
  /** Where the events were; empty when nothing had to be done. */
  readonly from: string;
  /** Rows of all tables that both were proven to hold. */
  readonly rows: number;
  readonly seconds: number;
}

/**
 * Has the daemon carry its events from PostgreSQL to ClickHouse and waits until that keeps them; an interruption leaves the
 * daemon at it. Throws TF_USAGE for another preset, TF_NOT_RUNNING, and what the task ended with: TF_VERIFICATION when both
 * do not hold the same.
 */
export async function cutover(instance: Instance, preset: Preset): Promise<CutoverReport> {
  if (preset !== 'trackflow') throw new TrackflowError('TF_USAGE', '--cutover goes with --preset trackflow');
  const { control, say } = instance;
  const { store } = await control.status();
  const task = await begun(instance, store !== undefined);
  if (task === null) {
    return { schema: 'trackflow.cutover/1', changed: false, task: null, from: '', rows: 0, seconds: 0 };
  }
  say(`task ${task} carries the events; more are taken meanwhile. Ctrl-C leaves it to the daemon`);
  const report = await watchTask(instance, task);
  if (report.state !== 'done') {
    throw taskFailure(
      report,
      `PostgreSQL goes on to keep the events; trackflow tasks retry ${report.id} goes on, the same command begins anew`,
    );
  }
  const fields = (event: string) => report.log.findLast((line) => line.event === event)?.fields;
  return {
    schema: 'trackflow.cutover/1',
    changed: true,
    task: report.id,
    from: String(fields('cutover_prepared')?.from ?? store?.url ?? ''),
    rows: Number(fields('cutover_proven')?.rows ?? 0),
    seconds: (Date.parse(report.finishedAt!) - Date.parse(report.createdAt)) / 1_000,
  };
}

/** The one that is under way, or a new one; null where there is nothing to do. */
async function begun({ control }: Instance, isNeeded: boolean): Promise<number | null> {
  const { tasks } = await control.tasks({ kind: CUTOVER });
  const open = tasks.find(({ state }) => state === 'queued' || state === 'running');
  if (open !== undefined) return Number(open.id);
  return isNeeded ? Number((await control.startTask(CUTOVER)).task.id) : null;
}

export function cutoverScreen({ changed, from, rows, seconds }: CutoverReport, style: Style): string {
  const mark = style.good('●');
  if (!changed) return `${mark} ClickHouse keeps the events already`;
  return [
    `${mark} ClickHouse keeps the events now`,
    pairs([
      ['Proven', `${plural(rows, 'row')}, counted and hashed on both sides`],
      ['Took', secondsText(Math.max(1, seconds))],
      ['Old rows', `kept in ${terminalText(from)}, and nobody writes there any more`],
      ['Remove them', 'DROP SCHEMA trackflow CASCADE, in that database'],
    ]),
  ].join('\n');
}
