import { type Stats, statSync } from 'node:fs';
import { isIP } from 'node:net';
import { errnoOf } from '../errors/file-error.ts';
import type { Config } from './schema.ts';
import type { Origin } from './sources.ts';

type Origins = Readonly<Record<string, Origin>>;

/** What one setting says about another or about the machine: a sentence for each thing that cannot work. */
export function crossChecks(config: Config, origins: Origins): string[] {
  return [
    ...engineProblems(config, origins),
    ...spoolProblems(config),
    ...proxyProblems(config),
    ...trackerProblems(config),
  ];
}

/** The URL without user, password and query: for messages and screens. */
export function withoutCredentials(url: string): string {
  if (!URL.canParse(url)) return url.replace(/\/\/[^/@]*@/, '//***@');
  const parsed = new URL(url);
  return `${parsed.origin}${parsed.pathname === '/' ? '' : parsed.pathname}`;
}

function engineProblems({ engine }: Config, origins: Origins): string[] {
  if (engine.kind === 'embedded') {
    const forgotten = engine.url !== '' && origins['engine.kind'] === 'default';
    return forgotten ? ['engine.url is set, but engine.kind is embedded: set engine.kind to url, or remove it'] : [];
  }
  if (engine.kind === 'docker') return [];
  if (engine.url === '') return ['engine.kind is url, but engine.url is empty: set it, like http://clickhouse:8123'];
  return [...urlProblems(engine.url), ...passwordFileProblems(engine.passwordFile)];
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

function passwordFileProblems(path: string): string[] {
  if (path === '') return [];
  let found: Stats;
  try {
    found = statSync(path);
  } catch (cause) {
    return [`engine.passwordFile ${path} cannot be read: ${errnoOf(cause)}`];
  }
  if (!found.isFile()) return [`engine.passwordFile ${path} is not a file`];
  if ((found.mode & 0o007) === 0) return [];
  const mode = (found.mode & 0o777).toString(8).padStart(4, '0');
  return [`engine.passwordFile ${path} is open to every user (mode ${mode}): chmod 600 ${path}`];
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

function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}
