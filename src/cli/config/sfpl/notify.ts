import type { Fate } from './keys.ts';

/** ClickHouse speaks HTTP here; that tracker speaks its native protocol. */
const HTTP_PORT = 8123;
const HTTPS_PORT = 8443;

/**
 * What becomes of one entry of `Notify`. The ClickHouse of that tracker becomes ours by URL; a service with `_` behind its
 * name is switched off there.
 */
export function fateOfService(entry: unknown): Fate {
  if (typeof entry !== 'object' || entry === null) return { fate: 'invalid', note: 'allowed: an object with Service' };
  const { Service, Hosts, Secure, Unencrypted, Username, Context, Skip } = entry as Readonly<Record<string, unknown>>;
  if (typeof Service !== 'string') return { fate: 'invalid', note: 'allowed: an object with Service' };
  if (Service.endsWith('_') || Skip === true) return { fate: 'unused', note: `${Service} is switched off there` };
  if (Service !== 'clickhouse') return { fate: 'unsupported', note: `events do not go to ${Service}` };
  const [host] = Array.isArray(Hosts) ? Hosts : [];
  if (typeof host !== 'string' || host === '') return { fate: 'invalid', note: 'Hosts names no host' };
  const name = host.replace(/^tcp:\/\//, '').replace(/:\d+$/, '');
  const secure = Secure === true && Unencrypted !== true;
  const url = `${secure ? 'https' : 'http'}://${name}:${secure ? HTTPS_PORT : HTTP_PORT}`;
  if (!URL.canParse(url)) return { fate: 'invalid', note: `${JSON.stringify(host)} is no host` };
  return {
    fate: 'imported',
    settings: {
      'engine.kind': 'url',
      'engine.url': url,
      ...(typeof Username === 'string' && Username !== '' && { 'engine.user': Username }),
      ...(typeof Context === 'string' &&
        /^[A-Za-z_]\w{0,62}$/.test(Context) &&
        Context !== 'sfpla' && { 'engine.database': Context }),
    },
    note: 'over HTTP, in a database of its own; put the password into a file of mode 0600 and set engine.passwordFile',
  };
}
