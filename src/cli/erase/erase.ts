import { ERASE_KIND, type ErasedRows, type ErasureReport } from '../../control/erasure.ts';
import { TrackflowError } from '../../errors/error.ts';
import type { Instance } from '../instance.ts';
import { followTask } from '../tasks/follow-task.ts';
import { plural } from '../terminal/units.ts';

export interface Whom {
  readonly visitor: string | undefined;
  readonly user: string | undefined;
  readonly account: string | undefined;
  readonly yes: boolean;
}

/**
 * Has the daemon erase a visitor or a user, and waits for the end of that; interrupted, the task goes on. Throws TF_USAGE
 * without a yes or without exactly one id, TF_IO when it failed.
 */
export async function erasePerson(instance: Instance, { visitor, user, account, yes }: Whom): Promise<ErasureReport> {
  if ((visitor === undefined) === (user === undefined))
    throw new TrackflowError('TF_USAGE', 'whom? one of --visitor and --user says it');
  if (!yes) throw new TrackflowError('TF_USAGE', 'what is erased is gone for good: --yes says that this is meant');
  const { control } = instance;
  const params = { account: account ?? null, visitorId: visitor ?? null, userId: user ?? null };
  const id = Number((await control.startTask(ERASE_KIND, params)).task.id);
  const { state, error, steps } = await followTask(instance, id, () => {});
  if (state !== 'done') {
    const why = state === 'failed' ? error : 'it was cancelled';
    throw new TrackflowError('TF_IO', `the erasure (task ${id}) did not come to its end: ${why}`, {
      hints: [instance.commandLine(`tasks retry ${id}`)],
    });
  }
  const rows = steps.map(({ checkpoint }) => (checkpoint as { rows?: ErasedRows } | null)?.rows);
  return { schema: 'trackflow.erasure/1', task: id, rows: rows.find((one) => one !== undefined) ?? {} };
}

export function erasureScreen({ task, rows }: ErasureReport): string {
  const counted = Object.entries(rows).map(([table, count]) => `${plural(count, 'row')} of ${table}`);
  return `erased: ${counted.join(', ')} (task ${task})`;
}
