import { type Stats, statSync } from 'node:fs';
import { isIP } from 'node:net';
import { isLoopback } from '../access/loopback.ts';
import { READS_LISTEN_ALLOWED, readsPlace } from '../access/reads-place.ts';
import { errnoOf } from '../errors/file-error.ts';
import type { Config } from './schema.ts';
import type { Origin } from './sources.ts';

type Origins = Readonly<Record<string, Origin>>;

/** What one setting says about another or about the machine: a sentence for each thing that cannot work. */
export function crossChecks(config: Config, origins: Origins): string[] {
  return [
    ...engineProblems(config, origins),
    ...bodyProblems(config),
    ...storeProblems(config),
    ...spoolProblems(config),
    ...proxyProblems(config),
    ...trackerProblems(config),
    ...readsProblems(config),
    ...tlsProblems(config),
    ...accountProblems(config),
    ...tokenProblems(config),
  ];
}

/** The URL without user, password and query: for messages and screens. */
export function withoutCredentials(url: string): string {
  if (!URL.canParse(url)) return url.replace(/\/\/[^/@]*@/, '//***@');
  const parsed = new URL(url);
  return `${parsed.protocol}//${parsed.host}${parsed.pathname === '/' ? '' : parsed.pathname}`;
}

function engineProblems({ engine }: Config, origins: Origins): string[] {
  if (engine.kind === 'embedded') {
    const forgotten = engine.url !== '' && origins['engine.kind'] === 'default';
    return forgotten ? ['engine.url is set, but engine.kind is embedded: set engine.kind to url, or remove it'] : [];
  }
  if (engine.kind === 'docker' || engine.kind === 'cluster') return [];
  if (engine.url === '') return ['engine.kind is url, but engine.url is empty: set it, like http://clickhouse:8123'];
  return [...urlProblems(engine.url), ...passwordFileProblems('engine.passwordFile', engine.passwordFile)];
}

const SSL_MODES = ['disable', 'require', 'verify-full'];

function storeProblems({ store, engine }: Config): string[] {
  const { url, passwordFile, caFile } = store;
  if (url === '') {
    const [left] = Object.entries({ passwordFile, caFile }).filter(([, value]) => value !== '');
    return left === undefined ? [] : [`store.${left[0]} is set, but store.url is empty`];
  }
  const shown = withoutCredentials(url);
  if (!URL.canParse(url) || !/^postgres(ql)?:\/\//.test(url) || new URL(url).hostname === '') {
    return [`store.url is ${JSON.stringify(shown)}; allowed: an address like postgres://tracker@db/shop`];
  }
  const { password, searchParams } = new URL(url);
  if (password !== '' || searchParams.has('password')) {
    return ['store.url holds a password, which others get to see: put it into store.passwordFile'];
  }
  const unknown = [...searchParams.keys()].find((name) => name !== 'sslmode');
  if (unknown !== undefined) return [`store.url has the option ${JSON.stringify(unknown)}; allowed is sslmode`];
  const mode = searchParams.get('sslmode') ?? 'disable';
  if (!SSL_MODES.includes(mode)) {
    return [`sslmode of store.url is ${JSON.stringify(mode)}; allowed: ${SSL_MODES.join(', ')}`];
  }
  if (mode === 'verify-full' && caFile === '') {
    return ['sslmode of store.url is verify-full: set store.caFile to the PEM file with the root to trust'];
  }
  const needsEmbedded =
    engine.kind === 'embedded'
      ? []
      : [`store.url is set, and engine.kind is ${engine.kind}: PostgreSQL is read by the embedded engine alone`];
  return [...needsEmbedded, ...passwordFileProblems('store.passwordFile', passwordFile)];
}

function urlProblems(url: string): string[] {
  const shown = withoutCredentials(url);
  if (!URL.canParse(url) || !/^https?:\/\//i.test(url)) {
    return [`engine.url is ${JSON.stringify(shown)}; allowed: an address like http://clickhouse:8123`];
  }
  const { username, password, search, hash } = new URL(url);
  if (username !== '' || password !== '') {
    return [`engine.url (${shown}) holds a user or password: put them into engine.user and engine.passwordFile`];
  }
  return search === '' && hash === '' ? [] : [`engine.url (${shown}) has a query or fragment: leave them out`];
}

function passwordFileProblems(key: string, path: string): string[] {
  if (path === '') return [];
  let found: Stats;
  try {
    found = statSync(path);
  } catch (cause) {
    return [`${key} ${path} cannot be read: ${errnoOf(cause)}`];
  }
  if (!found.isFile()) return [`${key} ${path} is not a file`];
  if ((found.mode & 0o007) === 0) return [];
  const mode = (found.mode & 0o777).toString(8).padStart(4, '0');
  return [`${key} ${path} is open to every user (mode ${mode}): chmod 600 ${path}`];
}

function bodyProblems({ receive }: Config): string[] {
  const { inflightBytesMax } = receive;
  return (['bodyBytesMax', 'decodedBytesMax'] as const).flatMap((key) =>
    receive[key] <= inflightBytesMax
      ? []
      : [
          `receive.${key} (${receive[key]}) is above receive.inflightBytesMax (${inflightBytesMax}): such a body would always be refused`,
        ],
  );
}

function spoolProblems({ spool, flush }: Config): string[] {
  if (flush.bytesMax <= spool.bytesMax) return [];
  return [`flush.bytesMax (${flush.bytesMax}) is above spool.bytesMax (${spool.bytesMax}): no batch could fill`];
}

function proxyProblems({ receive }: Config): string[] {
  return receive.trustedProxies
    .filter((entry) => !isNetwork(entry))
    .map(
      (entry) => `receive.trustedProxies holds ${JSON.stringify(entry)}; allowed: addresses and CIDRs like 10.0.0.0/8`,
    );
}

function trackerProblems({ tracker, receive }: Config): string[] {
  const taken = ['receive.eventsPath', 'tracker.collectPath'];
  return [receive.eventsPath, tracker.collectPath].flatMap((path, index) =>
    path === tracker.path ? [`tracker.path and ${taken[index]} are both ${path}: give them different paths`] : [],
  );
}

function readsProblems({ reads, listen }: Config): string[] {
  if (readsPlace(reads.listen, listen.host) !== undefined) return [];
  return [`reads.listen is ${JSON.stringify(reads.listen)}; allowed: ${READS_LISTEN_ALLOWED}`];
}

function accountProblems({ access }: Config): string[] {
  const { accountsFrom: url, accountsPasswordFile: file } = access;
  if (url === '') return file === '' ? [] : ['access.accountsPasswordFile is set, but access.accountsFrom is empty'];
  const shown = withoutCredentials(url);
  if (!URL.canParse(url) || !/^postgres(ql)?:\/\//.test(url)) {
    return [`access.accountsFrom is ${JSON.stringify(shown)}; allowed: an address like postgres://tracker@db/shop`];
  }
  if (new URL(url).password !== '' || /[?&]password=/i.test(url)) {
    return ['access.accountsFrom holds a password, which others get to see: put it into access.accountsPasswordFile'];
  }
  return passwordFileProblems('access.accountsPasswordFile', file);
}

function tokenProblems({ access }: Config): string[] {
  const { jwtIssuer: issuer, jwtAudience: audience, jwtJwksUrl: jwks } = access;
  if (issuer === '')
    return audience === '' && jwks === '' ? [] : ['access.jwtIssuer is empty: set it, or nothing of jwt'];
  const problems =
    audience === '' ? ['access.jwtIssuer is set: set access.jwtAudience, or tokens for others would do'] : [];
  for (const [key, url] of [
    ['access.jwtIssuer', issuer],
    ['access.jwtJwksUrl', jwks || issuer],
  ] as const) {
    const isSafe = URL.canParse(url) && (url.startsWith('https://') || isLoopback(new URL(url).hostname));
    if (!isSafe) problems.push(`${key} is ${JSON.stringify(withoutCredentials(url))}; allowed: an https address`);
  }
  return problems;
}

function tlsProblems({ tls }: Config): string[] {
  const problems: string[] = [];
  if ((tls.certFile === '') !== (tls.keyFile === '')) {
    problems.push('tls.certFile and tls.keyFile belong together: set both, or none');
  }
  const isAcme = tls.acmeDomains.length > 0;
  if (isAcme && tls.certFile !== '') problems.push('tls.certFile and tls.acmeDomains are both set: choose one of them');
  for (const domain of tls.acmeDomains) {
    if (!DOMAIN.test(domain))
      problems.push(`tls.acmeDomains holds ${JSON.stringify(domain)}; allowed: names like t.shop.example`);
  }
  if (isAcme && !tls.acmeAgreeTerms) {
    problems.push('tls.acmeDomains is set: read the terms of the authority, then set tls.acmeAgreeTerms to true');
  }
  if (!/^https:\/\//.test(tls.acmeDirectory) || !URL.canParse(tls.acmeDirectory)) {
    problems.push(
      `tls.acmeDirectory is ${JSON.stringify(withoutCredentials(tls.acmeDirectory))}; allowed: an https address`,
    );
  }
  if (tls.httpPort > 0 && !isAcme && tls.certFile === '') {
    problems.push('tls.httpPort is set, but there is no certificate to send anybody on to');
  }
  return problems;
}

const DOMAIN = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$/;

function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}
