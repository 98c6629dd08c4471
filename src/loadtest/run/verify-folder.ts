import type { ControlClient } from '../../control/client.ts';
import { TrackflowError } from '../../errors/error.ts';
import { readLedgers } from '../ledger/view.ts';
import type { LoadPlan } from '../plan/plan.ts';
import type { LedgerVerdict } from '../report/report.ts';
import { verifyRun } from '../verify/verify.ts';
import type { RunFolder } from './run-folder.ts';

export interface VerifyFolderOptions {
  readonly plan: LoadPlan;
  readonly folder: RunFolder;
  readonly control: Pick<ControlClient, 'query'>;
  /** 0 to 1. */
  readonly onProgress: (share: number) => void;
  readonly signal: AbortSignal;
  /** Events that were sent a second time on purpose, as the report tells it; the ledger does not know. */
  readonly resent: number;
}

/** Looks in ClickHouse for every event of the ledgers in a folder. Throws TF_INPUT, TF_IO and what a query throws. */
export async function verifyFolder({
  plan,
  folder,
  control,
  onProgress,
  signal,
  resent,
}: VerifyFolderOptions): Promise<LedgerVerdict> {
  const ledger = readLedgers(folder.ledgerFiles(plan), plan);
  try {
    const rows = async (sql: string) => {
      const { rows: found, missingShards } = await control.query(sql);
      if (missingShards === undefined) return found;
      throw new TrackflowError('TF_ENGINE_UNAVAILABLE', `shard ${missingShards.join(', ')} cannot be reached`, {
        hints: ['trackflow cluster status', 'verify again when it is back: trackflow loadtest verify'],
      });
    };
    return await verifyRun({ plan, ledger, rows, onProgress, signal, resent });
  } finally {
    ledger.close();
  }
}
