import type { Environment } from '../../config/environment.ts';
import { TrackflowError } from '../../errors/error.ts';
import { parseAddress } from '../../migrate/postgres/address.ts';
import type { SourceAccess } from '../../migrate/postgres/connection.ts';
import { readSecretFile } from '../secret-file.ts';

/**
 * Where the source is and how to get in: `--source` or `--source-file`, the password in it, else PGPASSWORD; null leaves it
 * to ~/.pgpass. `warn` hears of a password that stands where others can read it. Throws TF_USAGE and TF_PERMISSION.
 */
export function resolveSource(
  flags: { readonly source?: string | undefined; readonly 'source-file'?: string | undefined },
  env: Environment,
  warn: (line: string) => void,
): SourceAccess {
  const file = flags['source-file'];
  const text = file === undefined ? flags.source : readSecretFile('--source-file', file);
  if (text === undefined) {
    throw new TrackflowError('TF_USAGE', 'which PostgreSQL? --source names it', {
      hints: ['trackflow migrate pg-to-clickhouse --source postgres://USER@HOST:PORT/DATABASE --dry-run'],
    });
  }
  const { address, password } = parseAddress(text.trim());
  if (password !== null && file === undefined && env.TRACKFLOW_MIGRATE_SOURCE !== flags.source) {
    // The title takes the place of the arguments, which every user of the machine can list.
    process.title = 'trackflow migrate pg-to-clickhouse';
    warn(
      'a password in --source stays in the history of your shell: PGPASSWORD, ~/.pgpass or --source-file keep it out',
    );
  }
  return { address, password: password ?? env.PGPASSWORD ?? null };
}
