import type { Interfaces } from '@oclif/core';
import type { MigrationReport } from '../../control/migration.ts';
import { TrackflowError } from '../../errors/error.ts';
import { readMapFile } from '../../migrate/map-file.ts';
import { refuseLossyPlan, refuseUnfollowed } from '../../migrate/plan.ts';
import type { SourceAccess } from '../../migrate/postgres/connection.ts';
import { planPostgres } from '../../migrate/postgres-migration.ts';
import { MIGRATE_KIND, type MigrateParams, VERIFY_KIND } from '../../migrate/request.ts';
import { lookOf } from '../../terminal/look.ts';
import type { Instance } from '../instance.ts';
import { hasColours, isAccessible, isScreen, symbolsFor } from '../terminal/terminal-kind.ts';
import { jsonLines, liveTable, type Shown } from './live-lines.ts';
import { exitOf, runMigrate } from './migrate.ts';
import type { MIGRATE_FLAGS } from './migrate-flags.ts';
import { lossesOf, type PlanReport, planPostgresReport } from './plan-report.ts';
import { resolveSource } from './source.ts';

type Flags = Interfaces.InferredFlags<typeof MIGRATE_FLAGS> & { readonly 'no-color'?: boolean };

export interface MigrateScreen {
  readonly stderr: NodeJS.WriteStream;
  readonly json: boolean;
}

export type MigrateOutcome =
  | { readonly planned: PlanReport; readonly exit: number }
  | { readonly planned: null; readonly report: MigrationReport; readonly exit: number };

/** Plans, and unless that was all that was asked for runs. Throws TF_INPUT when values would be lost and may not. */
export async function migrateCommand(instance: Instance, flags: Flags, screen: MigrateScreen): Promise<MigrateOutcome> {
  const access = resolveSource(flags, instance.env, instance.say);
  const params = paramsOf(flags, access);
  if (flags.resume || flags['verify-only']) return finished(await run(instance, flags, screen, access, params));
  const plan = await planPostgres(access, params);
  if (flags['dry-run']) return { planned: await planPostgresReport(access, plan), exit: 0 };
  refuseLossyPlan(plan, params.allowLossy);
  if (params.follow) refuseUnfollowed(plan);
  return finished(await run(instance, flags, screen, access, params));
}

/** The hint under a plan that would lose something. */
export function lossHint(plan: PlanReport): string {
  return lossesOf(plan).length === 0
    ? ''
    : 'values would be lost: --allow-lossy copies them changed, --map FILE chooses another type';
}

function run(
  instance: Instance,
  flags: Flags,
  screen: MigrateScreen,
  access: SourceAccess,
  params: MigrateParams,
): Promise<MigrationReport> {
  return runMigrate(instance, {
    kinds: { copy: MIGRATE_KIND, compare: VERIFY_KIND },
    params,
    password: access.password,
    mode: flags['verify-only'] ? 'verify' : flags.resume ? 'resume' : 'new',
    shown: shownFor(instance, flags, screen),
  });
}

/** What a migration comes to, with the exit code of that. */
export function finished(report: MigrationReport): MigrateOutcome {
  return { planned: null, report, exit: exitOf(report) };
}

/** How progress is shown: a table on a terminal, else lines of JSON. */
export function shownFor(
  { env, say }: Instance,
  flags: { readonly 'no-color'?: boolean | undefined },
  { stderr, json }: MigrateScreen,
): Shown {
  if (json || !isScreen(stderr, env) || isAccessible(false, env)) return jsonLines(say, Date.now);
  return liveTable(
    stderr,
    lookOf(symbolsFor('auto', env, stderr.columns), hasColours(flags['no-color'] ?? false, env)),
  );
}

function paramsOf(flags: Flags, { address }: SourceAccess): MigrateParams {
  if (flags.into !== undefined && flags.into === '') throw new TrackflowError('TF_USAGE', '--into needs a name');
  return {
    source: address.url,
    preset: flags.preset,
    tables: flags.table ?? [],
    into: flags.into ?? null,
    map: flags.map === undefined ? null : readMapFile(flags.map),
    since: flags.since ?? null,
    account: flags.account,
    parallel: flags.parallel,
    chunkRows: flags.chunk ?? null,
    bytesPerSecond: flags.throttle ?? null,
    route: flags.route,
    allowLossy: flags['allow-lossy'] ?? false,
    follow: flags.follow ?? false,
    walMax: flags['wal-max'],
  };
}
