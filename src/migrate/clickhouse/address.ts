import { TrackflowError } from '../../errors/error.ts';

/** Where a ClickHouse is that is a source, without its password: this may be printed, logged and kept. */
export interface ClickHouseAddress {
  /** `clickhouse://user@host:port/database`, or the same with https. */
  readonly url: string;
  /** `http://host:port` */
  readonly origin: string;
  readonly database: string;
  readonly user: string;
}

export interface ClickHouseAccess {
  readonly address: ClickHouseAddress;
  /** Null: none is known; the server may ask for none. */
  readonly password: string | null;
}

const HTTP_PORT = 8123;
const HTTPS_PORT = 8443;
const NATIVE_PORTS = [9000, 9440];
const FORM = 'clickhouse://USER@HOST:PORT/DATABASE';

/**
 * Takes the address of a ClickHouse apart; `database` is the one where it names none. The password leaves the address here
 * and is null where there is none. Throws TF_USAGE, in which the text never stands: it may hold the password.
 */
export function parseClickHouseAddress(
  text: string,
  database: string,
): { readonly address: ClickHouseAddress; readonly password: string | null } {
  const url = URL.parse(text);
  if (url === null || !/^(clickhouse|https?):$/.test(url.protocol) || url.hostname === '') throw usage(`write ${FORM}`);
  const unknown = [...url.searchParams.keys()].find((key) => key !== 'secure');
  if (unknown !== undefined) throw usage(`${JSON.stringify(unknown)} is no option; allowed is secure`);
  const secure = url.searchParams.get('secure');
  if (secure !== null && !['true', 'false'].includes(secure))
    throw usage(`secure is ${JSON.stringify(secure)}; allowed: true, false`);
  const isSecure = url.protocol === 'https:' || secure === 'true';
  // An URL parser leaves out the port that is usual for http and https.
  const usual = url.protocol === 'http:' ? 80 : url.protocol === 'https:' ? 443 : isSecure ? HTTPS_PORT : HTTP_PORT;
  const port = url.port === '' ? usual : Number(url.port);
  if (NATIVE_PORTS.includes(port))
    throw usage(`${port} is the port of the native protocol; that of HTTP is ${HTTP_PORT} unless set otherwise`);
  const user = decoded(url.username) || 'default';
  const named = decoded(url.pathname.slice(1)) || database;
  const scheme = isSecure ? 'https' : 'clickhouse';
  return {
    address: {
      url: `${scheme}://${encodeURIComponent(user)}@${url.hostname}:${port}/${encodeURIComponent(named)}`,
      origin: `${isSecure ? 'https' : 'http'}://${url.hostname}:${port}`,
      database: named,
      user,
    },
    password: url.password === '' ? null : decoded(url.password),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw usage('a part of it is not percent-encoded as a URL has to be');
  }
}

function usage(what: string): TrackflowError {
  return new TrackflowError('TF_USAGE', `--from is no address of a ClickHouse database: ${what}`, {
    hints: ['the password: CLICKHOUSE_PASSWORD, or a file with the whole address by --from-file'],
  });
}
