import type { Environment } from '../../config/environment.ts';
import { TrackflowError } from '../../errors/error.ts';
import { type ClickHouseAccess, parseClickHouseAddress } from '../../migrate/clickhouse/address.ts';
import { parseAddress } from '../../migrate/postgres/address.ts';
import type { SourceAccess } from '../../migrate/postgres/connection.ts';
import { SFPL_DATABASE } from '../../migrate/sfpl/request.ts';
import { readSecretFile } from '../secret-file.ts';

/** How one command is told where its source is. */
interface Asking {
  readonly command: string;
  readonly flag: string;
  readonly product: string;
  readonly example: string;
  /** Where its password may stand instead. */
  readonly elsewhere: string;
}

const POSTGRES: Asking = {
  command: 'migrate pg-to-clickhouse',
  flag: 'source',
  product: 'PostgreSQL',
  example: '--source postgres://USER@HOST:PORT/DATABASE --dry-run',
  elsewhere: 'PGPASSWORD, ~/.pgpass or --source-file',
};

const SFPL: Asking = {
  command: 'migrate sfpl',
  flag: 'from',
  product: 'ClickHouse of sfproductlabs/tracker',
  example: '--from clickhouse://USER@HOST:PORT/sfpla --dry-run',
  elsewhere: 'CLICKHOUSE_PASSWORD or --from-file',
};

/** What flags and environment say: the address, or a file with it. */
interface Given {
  readonly text: string | undefined;
  readonly file: string | undefined;
  /** What a variable of the environment says in the flag's place. */
  readonly variable: string | undefined;
}

/**
 * Where the source is and how to get in: `--source` or `--source-file`, the password in it, else PGPASSWORD; null leaves it
 * to ~/.pgpass. `warn` hears of a password that stands where others can read it. Throws TF_USAGE and TF_PERMISSION.
 */
export function resolveSource(
  flags: { readonly source?: string | undefined; readonly 'source-file'?: string | undefined },
  env: Environment,
  warn: (line: string) => void,
): SourceAccess {
  const given = { text: flags.source, file: flags['source-file'], variable: env.TRACKFLOW_MIGRATE_SOURCE };
  const { address, password } = parseAddress(addressText(POSTGRES, given));
  if (password !== null) hideTyped(POSTGRES, given, warn);
  return { address, password: password ?? env.PGPASSWORD ?? null };
}

/** The same for `--from` and `--from-file`, whose password may stand in CLICKHOUSE_PASSWORD. */
export function resolveSfplSource(
  flags: { readonly from?: string | undefined; readonly 'from-file'?: string | undefined },
  env: Environment,
  warn: (line: string) => void,
): ClickHouseAccess {
  const given = { text: flags.from, file: flags['from-file'], variable: env.TRACKFLOW_MIGRATE_SOURCE };
  const { address, password } = parseClickHouseAddress(addressText(SFPL, given), SFPL_DATABASE);
  if (password !== null) hideTyped(SFPL, given, warn);
  return { address, password: password ?? env.CLICKHOUSE_PASSWORD ?? null };
}

function addressText({ command, flag, product, example }: Asking, { text, file }: Given): string {
  const found = file === undefined ? text : readSecretFile(`--${flag}-file`, file);
  if (found !== undefined) return found.trim();
  throw new TrackflowError('TF_USAGE', `which ${product}? --${flag} names it`, {
    hints: [`trackflow ${command} ${example}`],
  });
}

function hideTyped(
  { command, flag, elsewhere }: Asking,
  { text, file, variable }: Given,
  warn: (line: string) => void,
) {
  if (file !== undefined || variable === text) return;
  // The title takes the place of the arguments, which every user of the machine can list.
  process.title = `trackflow ${command}`;
  warn(`a password in --${flag} stays in the history of your shell: ${elsewhere} keep it out`);
}
