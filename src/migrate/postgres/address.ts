import { TrackflowError } from '../../errors/error.ts';

/** Where the source is, without its password: this may be printed, logged and kept. */
export interface SourceAddress {
  /** `postgres://user@host:port/database`, with the options that matter. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  /** As libpq names it; `disable` unless given. */
  readonly sslMode: 'disable' | 'require' | 'verify-full';
}

const PORT = 5432;
const SSL_MODES = ['disable', 'require', 'verify-full'] as const;
const FORM = 'postgres://USER@HOST:PORT/DATABASE';

/**
 * Takes a connection URL apart. The password leaves the address here and is null where the URL has none. Throws
 * TF_USAGE, in which the text never stands: it may hold the password.
 */
export function parseAddress(text: string): { readonly address: SourceAddress; readonly password: string | null } {
  const url = URL.parse(text);
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol) || url.hostname === '') throw usage(`write ${FORM}`);
  const unknown = [...url.searchParams.keys()].find((key) => key !== 'sslmode');
  if (unknown !== undefined) throw usage(`${JSON.stringify(unknown)} is no option; allowed is sslmode`);
  const asked = url.searchParams.get('sslmode') ?? 'disable';
  const sslMode = SSL_MODES.find((mode) => mode === asked);
  if (sslMode === undefined) {
    throw usage(`sslmode is ${JSON.stringify(asked)}; allowed: ${SSL_MODES.join(', ')}`);
  }
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = url.port === '' ? PORT : Number(url.port);
  const user = decoded(url.username) || 'postgres';
  const database = decoded(url.pathname.slice(1)) || user;
  const shown = `postgres://${encodeURIComponent(user)}@${url.hostname}:${port}/${encodeURIComponent(database)}`;
  return {
    address: {
      url: sslMode === 'disable' ? shown : `${shown}?sslmode=${sslMode}`,
      host,
      port,
      database,
      user,
      sslMode,
    },
    password: url.password === '' ? null : decoded(url.password),
  };
}

/** `text` without the password, wherever it stands in it. */
export function redacted(text: string, password: string | null): string {
  return password === null || password === '' ? text : text.replaceAll(password, '****');
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw usage(`a part of it is not percent-encoded as a URL has to be`);
  }
}

function usage(what: string): TrackflowError {
  return new TrackflowError('TF_USAGE', `--source is no address of a PostgreSQL database: ${what}`, {
    hints: ['the password: PGPASSWORD, ~/.pgpass, or a file with the whole address by --source-file'],
  });
}
