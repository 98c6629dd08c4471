import type { Interfaces } from '@oclif/core';
import type { ClickHouseAccess } from '../../migrate/clickhouse/address.ts';
import { openSource, refusal } from '../../migrate/sfpl/connection.ts';
import { countSfplLosses, planSfpl } from '../../migrate/sfpl/plan.ts';
import { SFPL_KIND, SFPL_PARTS, SFPL_VERIFY_KIND, type SfplParams } from '../../migrate/sfpl/request.ts';
import type { Instance } from '../instance.ts';
import { runMigrate } from './migrate.ts';
import { finished, type MigrateOutcome, type MigrateScreen, shownFor } from './migrate-command.ts';
import { type PlanReport, planReport } from './plan-report.ts';
import type { SFPL_FLAGS } from './sfpl-flags.ts';
import { resolveSfplSource } from './source.ts';

type Flags = Interfaces.InferredFlags<typeof SFPL_FLAGS> & { readonly 'no-color'?: boolean };

/** Plans, and unless that was all that was asked for copies, or compares what was copied. */
export async function sfplCommand(instance: Instance, flags: Flags, screen: MigrateScreen): Promise<MigrateOutcome> {
  const access = resolveSfplSource(flags, instance.env, instance.say);
  const params = paramsOf(flags, access);
  const isNew = !flags.resume && !flags['verify-only'] && !flags.repair;
  // What can be seen to be wrong is said before a daemon is begun for it.
  const plan = isNew ? await plannedReport(access, params, flags['dry-run'] ?? false) : null;
  if (plan !== null && flags['dry-run']) return { planned: plan, exit: 0 };
  return finished(
    await runMigrate(instance, {
      kinds: { copy: SFPL_KIND, compare: SFPL_VERIFY_KIND },
      params,
      password: access.password,
      mode: isNew ? 'new' : flags.resume ? 'resume' : 'verify',
      comparison: { repair: flags.repair ?? false },
      shown: shownFor(instance, flags, screen),
    }),
  );
}

async function plannedReport(access: ClickHouseAccess, params: SfplParams, counted: boolean): Promise<PlanReport> {
  const client = openSource(access);
  try {
    const plan = await planSfpl(client, access.address.database, params);
    return await planReport(access.address.url, plan, async (table) =>
      counted ? countSfplLosses(client, table) : null,
    );
  } catch (thrown) {
    throw refusal(thrown, access);
  } finally {
    await client.close();
  }
}

function paramsOf(flags: Flags, { address }: ClickHouseAccess): SfplParams {
  return {
    source: address.url,
    parts: flags.only ?? [...SFPL_PARTS],
    parallel: flags.parallel,
    chunkRows: flags.chunk ?? null,
    bytesPerSecond: flags.throttle ?? null,
    allowLossy: flags['allow-lossy'] ?? false,
    keepAddresses: flags['keep-addresses'] ?? false,
  };
}
