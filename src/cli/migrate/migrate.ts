import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ControlClient } from '../../control/client.ts';
import type { MigrationProgress, MigrationReport } from '../../control/migration.ts';
import type { TaskReport } from '../../control/tasks.ts';
import { ERRORS, TrackflowError } from '../../errors/error.ts';
import type { Instance } from '../instance.ts';
import { attachDaemon } from './attached-daemon.ts';
import type { Shown } from './live-lines.ts';

const POLL_MS = 250;
const CANCEL_MS = 30_000;

export interface MigrateOptions {
  /** The kinds of tasks that copy and that compare. */
  readonly kinds: { readonly copy: string; readonly compare: string };
  readonly params: { readonly source: string };
  readonly password: string | null;
  readonly mode: 'new' | 'resume' | 'verify';
  /** What a comparison is told besides task and source. */
  readonly comparison?: Readonly<Record<string, unknown>>;
  readonly shown: Shown;
}

/**
 * Runs a migration, or takes one up, as a task of the daemon, and returns its report when it has ended. Ctrl-C cancels it:
 * `--resume` goes on there. Throws TF_INPUT when there is nothing to resume, TF_IO when it failed without a report.
 */
export async function runMigrate(instance: Instance, options: MigrateOptions): Promise<MigrationReport> {
  const detach = await attachDaemon(instance);
  let report: MigrationReport | null = null;
  try {
    const id = await startTask(instance, options);
    const ended = await watch(instance, id, options.shown);
    report = readReport(instance, ended);
    return report;
  } finally {
    options.shown.end(report);
    await detach();
  }
}

/** By what a report ends: every row of every table is proven, or what is wrong. */
export function exitOf({ tables }: MigrationReport): number {
  if (tables.some(({ state }) => state === 'differs')) return ERRORS.TF_VERIFICATION.exit;
  return tables.every(({ state }) => state === 'verified') ? 0 : ERRORS.TF_INPUT.exit;
}

async function startTask({ control }: Instance, options: MigrateOptions): Promise<number> {
  const { kinds, params, password, mode, comparison } = options;
  const { source } = params;
  const secrets: Record<string, string> = password === null ? {} : { [source]: password };
  if (mode === 'new') return Number((await control.startTask(kinds.copy, params, secrets)).task.id);
  const last = await lastMigration(control, kinds.copy, source);
  if (mode === 'verify') {
    if (last === undefined) throw nothingOf(kinds.copy, source, 'compare');
    const asked = { task: Number(last.id), source, ...comparison };
    return Number((await control.startTask(kinds.compare, asked, secrets)).task.id);
  }
  if (last === undefined || last.state === 'done') throw nothingOf(kinds.copy, source, 'go on with');
  if (last.state === 'failed' || last.state === 'cancelled') await control.retryTask(Number(last.id), secrets);
  return Number(last.id);
}

/** The newest migration of that source; what waits or runs comes first. */
async function lastMigration(control: ControlClient, kind: string, source: string): Promise<TaskReport | undefined> {
  const { tasks } = await control.tasks({ kind });
  for (const { id } of tasks) {
    const task = await control.task(Number(id));
    if ((task.params as { source?: string }).source === source) return task;
  }
  return undefined;
}

function nothingOf(kind: string, source: string, what: string): TrackflowError {
  return new TrackflowError('TF_INPUT', `there is no migration of ${source} to ${what}`, {
    hints: [`trackflow tasks list --kind ${kind}`, 'the command without this flag begins a new one'],
  });
}

async function watch(instance: Instance, id: number, shown: Shown): Promise<TaskReport> {
  const { control, signal } = instance;
  let told = '';
  try {
    for (;;) {
      const task = await control.task(id);
      if (task.detail?.['kind' as never] === 'migration') shown.show(task.detail as MigrationProgress);
      if (task.state === 'done' || task.state === 'failed' || task.state === 'cancelled') return task;
      if (task.state === 'queued' && task.error !== '' && task.error !== told) {
        told = task.error;
        instance.say(`it is tried again at ${task.dueAt}: ${task.error}`);
      }
      await sleep(POLL_MS, undefined, { signal });
    }
  } catch (cause) {
    if (!signal.aborted) throw cause;
    await cancel(instance, id);
    throw signal.reason;
  }
}

/** With a client of its own: that of the instance is cut. */
async function cancel(instance: Instance, id: number): Promise<void> {
  const control = new ControlClient(instance.home, AbortSignal.timeout(CANCEL_MS));
  instance.say('ending at the next chunk; press Ctrl-C again to leave at once');
  await control.cancelTask(id);
  while ((await control.task(id)).state === 'running') await sleep(POLL_MS);
  instance.say(`to go on: the same command with --resume`);
}

function readReport(instance: Instance, task: TaskReport): MigrationReport {
  const file = task.steps
    .map(({ checkpoint }) => (checkpoint as { report?: string } | null)?.report)
    .find((one) => one !== undefined);
  if (file !== undefined && task.state !== 'cancelled')
    return JSON.parse(readFileSync(file, 'utf8')) as MigrationReport;
  const why = task.state === 'cancelled' ? 'it was cancelled' : task.error;
  throw new TrackflowError('TF_IO', `the migration (task ${task.id}) did not come to its end: ${why}`, {
    hints: [instance.commandLine(`tasks show ${task.id}`), 'the same command with --resume goes on where it stopped'],
  });
}
