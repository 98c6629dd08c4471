import type { Batches } from '../../control/client.ts';
import type { DeadLetter } from '../../control/protocol.ts';
import { TrackflowError } from '../../errors/error.ts';
import type { Instance } from '../instance.ts';
import { table } from '../terminal/table.ts';
import { bytesText, countText } from '../terminal/units.ts';

export interface DeadLetterReport {
  readonly schema: 'trackflow.deadletters/1';
  readonly deadLetters: readonly DeadLetter[];
}

export async function listDeadLetters({ control }: Instance): Promise<DeadLetterReport> {
  return { schema: 'trackflow.deadletters/1', deadLetters: await control.deadLetters() };
}

export function deadLetterScreen({ deadLetters }: DeadLetterReport): string {
  if (deadLetters.length === 0) return 'no dead letters: ClickHouse took every batch';
  const columns = [
    { title: 'BATCH' },
    { title: 'LANE' },
    { title: 'EVENTS', right: true },
    { title: 'SIZE', right: true },
    { title: 'SINCE' },
    { title: 'REASON' },
  ];
  const rows = deadLetters.map(({ batch, lane, rows: events, bytes, at, reason }) => [
    batch,
    lane,
    countText(events),
    bytesText(bytes),
    at,
    reason,
  ]);
  return table(columns, rows);
}

export interface ReplayReport {
  readonly schema: 'trackflow.deadletter-replay/1';
  readonly replayed: number;
}

export async function replayDeadLetters({ control }: Instance, batches: Batches): Promise<ReplayReport> {
  return { schema: 'trackflow.deadletter-replay/1', replayed: await control.replay(batches) };
}

export interface DropReport {
  readonly schema: 'trackflow.deadletter-drop/1';
  readonly dropped: number;
}

/** Deletes events for good, so only when that was said. Throws TF_USAGE without `confirmed`. */
export async function dropDeadLetters(
  { control }: Instance,
  batches: Batches,
  confirmed: boolean,
): Promise<DropReport> {
  if (!confirmed) {
    const what = batches === 'all' ? 'all dead letters' : `${batches.length} of the dead letters`;
    throw new TrackflowError('TF_USAGE', `this deletes ${what} for good; add --yes to do it`, {
      hints: ['trackflow deadletter list', 'trackflow deadletter replay tries them once more'],
    });
  }
  return { schema: 'trackflow.deadletter-drop/1', dropped: await control.drop(batches) };
}

const BATCH_NAME = /^[0-9a-f]{16}$/;

/** Which batches are meant: names, or all of them; never nothing by mistake. Throws TF_USAGE. */
export function chosenBatches(names: readonly string[], all: boolean): Batches {
  if (all && names.length > 0) throw new TrackflowError('TF_USAGE', 'give names of batches or --all, not both');
  if (all) return 'all';
  const hints = ['trackflow deadletter list'];
  if (names.length === 0) throw new TrackflowError('TF_USAGE', 'give names of batches, or --all', { hints });
  const wrong = names.find((name) => !BATCH_NAME.test(name));
  if (wrong === undefined) return names;
  throw new TrackflowError('TF_USAGE', `${JSON.stringify(wrong)} is no batch; allowed: 16 hexadecimal digits`, {
    hints,
  });
}
