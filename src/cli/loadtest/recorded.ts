import { existsSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { ControlClient } from '../../control/client.ts';
import { TrackflowError } from '../../errors/error.ts';
import { type Comparison, compareReports, comparisonText } from '../../loadtest/report/compare.ts';
import type { LedgerVerdict } from '../../loadtest/report/report.ts';
import { ledgerPanel } from '../../loadtest/report/text/ledger.ts';
import { RunFolder } from '../../loadtest/run/run-folder.ts';
import { verifyFolder } from '../../loadtest/run/verify-folder.ts';
import { type Instance, shellWord } from '../instance.ts';
import { type Drawn, PLAIN_WIDTH } from './drawn.ts';

export interface VerifyReport extends LedgerVerdict {
  readonly schema: 'trackflow.loadtest-verify/1';
  readonly run: string;
  readonly folder: string;
}

/** The folder of a run: its name in the home, or a path. Throws TF_INPUT where nothing is. */
function folderOf(instance: Instance, run: string): RunFolder {
  const isName = /^[0-9a-f]{8}$/.test(run);
  const path = isName ? join(instance.home, 'loadtest', run) : isAbsolute(run) ? run : resolve(run);
  if (existsSync(path)) return new RunFolder(path);
  const runs = join(instance.home, 'loadtest');
  throw new TrackflowError('TF_INPUT', `there is no run ${JSON.stringify(run)}`, {
    hints: [`the runs of this instance: ls -t ${shellWord(runs)}`],
  });
}

/** Looks for every event of a run again. Throws TF_INPUT when there is no such run, TF_NOT_RUNNING without a daemon. */
export async function verifyRecorded(instance: Instance, run: string): Promise<VerifyReport> {
  const folder = folderOf(instance, run);
  const plan = folder.readPlan();
  const control = new ControlClient(instance.home, instance.signal);
  const { spool } = await control.status();
  if (spool.rows > 0) {
    throw new TrackflowError('TF_BUSY', `the spool holds ${spool.rows} events that would count as missing`, {
      hints: [instance.commandLine('wait --for drained'), 'then verify again'],
    });
  }
  let told = -1;
  const verdict = await verifyFolder({
    plan,
    folder,
    control,
    signal: instance.signal,
    resent: 0,
    onProgress: (share) => {
      const percent = Math.floor(share * 10) * 10;
      if (percent > told && percent > 0) instance.say(`verified ${percent} %`);
      told = Math.max(told, percent);
    },
  });
  return { schema: 'trackflow.loadtest-verify/1', run: plan.run, folder: folder.path, ...verdict };
}

/** The violation that a verdict is, or null. */
export function violationOf(verdict: LedgerVerdict): TrackflowError | null {
  const { missing, duplicate, phantom, corrupt } = verdict;
  if (missing + duplicate + phantom + corrupt === 0) return null;
  const counts = `missing ${missing}, duplicate ${duplicate}, phantom ${phantom}, corrupt ${corrupt}`;
  return new TrackflowError('TF_VERIFICATION', `what is stored is not what was acknowledged: ${counts}`);
}

/** Both reports side by side. Throws TF_INPUT when one has none. */
export function compareRecorded(instance: Instance, a: string, b: string): Comparison {
  return compareReports(folderOf(instance, a).readReport(), folderOf(instance, b).readReport());
}

/** The four numbers that have to be zero, and what they were counted from. */
export function verdictScreen(verdict: LedgerVerdict, { look, columns }: Drawn): string {
  return ledgerPanel({ ledger: verdict }, columns ?? PLAIN_WIDTH, look).join('\n');
}

export function comparisonScreen(comparison: Comparison, { look, columns }: Drawn): string {
  return comparisonText(comparison, { width: columns ?? PLAIN_WIDTH, look });
}
