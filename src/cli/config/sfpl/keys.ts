/** What becomes of a key of a configuration of sfproductlabs/tracker (reference/seed-systems.md 2.2). */
export type Fate =
  /** Settings of ours that it becomes. */
  | { readonly fate: 'imported'; readonly settings: Readonly<Record<string, unknown>>; readonly note?: string }
  /** We do the same by ourselves, or in another place. */
  | {
      readonly fate: 'covered' | 'elsewhere' | 'unused' | 'unsupported' | 'unknown' | 'invalid';
      readonly note: string;
    };

const MS_PER_SECOND = 1_000;

const imported = (settings: Readonly<Record<string, unknown>>, note?: string): Fate =>
  note === undefined ? { fate: 'imported', settings } : { fate: 'imported', settings, note };
const covered = (note: string) => (): Fate => ({ fate: 'covered', note });
const elsewhere = (note: string) => (): Fate => ({ fate: 'elsewhere', note });
const unsupported = (note: string) => (): Fate => ({ fate: 'unsupported', note });
const unused = (): Fate => ({ fate: 'unused', note: 'that tracker does not read this key either' });
const invalid = (allowed: string): Fate => ({ fate: 'invalid', note: `allowed: ${allowed}` });

const text = (setting: string) => (value: unknown) =>
  typeof value === 'string' ? imported({ [setting]: value }) : invalid('a text');
const seconds = (setting: string) => (value: unknown) =>
  typeof value === 'number' && value > 0
    ? imported({ [setting]: value * MS_PER_SECOND })
    : invalid('a number of seconds above 0');
const origins = (value: unknown): Fate => {
  if (typeof value !== 'string') return invalid('an origin or *');
  if (value === '*') {
    return {
      fate: 'covered',
      note: 'every page may send; with cookies only pages of the own site, or those of sfpl.origins',
    };
  }
  return imported({ 'sfpl.origins': [value] });
};
const hosts = (value: unknown): Fate =>
  Array.isArray(value) && value.every((one) => typeof one === 'string')
    ? imported({ 'sfpl.linkDomains': value }, 'certificates for them: put a proxy in front, or see the settings of TLS')
    : invalid('a list of hosts');
const connections = (value: unknown): Fate =>
  Number.isSafeInteger(value) && (value as number) > 0
    ? imported({ 'receive.connectionsMax': Math.min(value as number, 1_000_000) })
    : { fate: 'invalid', note: 'without a number above 0 that tracker answers everything with 503; the default holds' };
const storeIp = (value: unknown): Fate =>
  typeof value === 'boolean' ? imported({ 'privacy.storeIp': !value }) : invalid('true or false');
const redirect = (value: unknown): Fate =>
  typeof value === 'string' && URL.canParse(value)
    ? imported({ 'sfpl.redirectDefault': value })
    : invalid('an address');
const port = (value: unknown): Fate => {
  const match = typeof value === 'string' ? /^(.*):(\d{1,5})$/.exec(value) : null;
  if (match === null || Number(match[2]) > 65_535) return invalid('an address like :8880');
  return imported({ 'listen.port': Number(match[2]) }, 'on loopback; listen.host opens it to others');
};
const retention = (value: unknown): Fate =>
  Number.isSafeInteger(value) ? imported({ 'events.retentionDays': value }) : invalid('a number of days');

const TLS = elsewhere('TLS: put a proxy in front, or see the settings of TLS');
const PRUNE = elsewhere('events.retentionDays deletes by age, daily');
const BATCH = covered('flush.strategy, flush.rowsMax, flush.bytesMax and flush.ageMsMax; payments go at once');
const PROXY = unsupported('TrackFlow is no reverse proxy for /api/');
const EXPORT = unsupported('there is no export to DuckDB and S3');
const GEO = covered('a country database is bundled; geo.database takes an mmdb with more');

/** Every key of 2.2, and those that its README names. */
export const KEYS: ReadonlyMap<string, (value: unknown) => Fate> = new Map<string, (value: unknown) => Fate>([
  ['Domains', hosts],
  ['ApiVersion', covered('the paths begin with /tr/v1')],
  ['AllowOrigin', origins],
  ['MaximumConnections', connections],
  ['ReadTimeoutSeconds', seconds('receive.requestTimeoutMs')],
  ['ReadHeaderTimeoutSeconds', seconds('receive.headersTimeoutMs')],
  ['WriteTimeoutSeconds', covered('an answer is written at once')],
  ['IdleTimeoutSeconds', seconds('receive.keepAliveTimeoutMs')],
  ['MaxHeaderBytes', covered('a request head has at most 8 KiB')],
  ['StaticDirectory', unsupported('TrackFlow serves no files but its tracker')],
  ['UseGeoIP', GEO],
  ['GeoIPVersion', GEO],
  ['IPv4GeoIPZip', GEO],
  ['IPv6GeoIPZip', GEO],
  ['IPv4GeoIPCSVDest', GEO],
  ['IPv6GeoIPCSVDest', GEO],
  ['TempDirectory', GEO],
  ['UseRemoveIP', storeIp],
  ['UseRegionDescriptions', covered('region and city are kept where the geo database has them')],
  ['PrefixPrivateHash', text('sfpl.privateHashPrefix')],
  ['AccountHashMixer', unsupported('accounts are not checked by a hash in acct')],
  [
    'CFlagsMarketing',
    (value) => (Number.isSafeInteger(value) ? imported({ 'sfpl.marketingFlags': value }) : invalid('a whole number')),
  ],
  [
    'CFlagsIgnore',
    (value) =>
      value === true
        ? { fate: 'unsupported', note: 'consent decides here; see sfpl.enforceConsent' }
        : { fate: 'covered', note: 'consent decides' },
  ],
  ['IgnoreQueryParamsKey', text('sfpl.ignoreQueryKey')],
  ['UrlFilter', covered('url and referrer are kept whole, and split into host and path')],
  ['UrlFilterMatchGroup', covered('url and referrer are kept whole, and split into host and path')],
  ['DefaultRedirect', redirect],
  ['ProxyUrl', PROXY],
  ['ProxyUrlFilter', PROXY],
  ['ProxyForceJson', PROXY],
  ['IgnoreProxyOptions', PROXY],
  ['ProxyDailyLimit', PROXY],
  ['ProxyDailyLimitChecker', PROXY],
  ['ProxyPort', covered('nothing listens only to redirect to https')],
  ['ProxyPortTLS', TLS],
  ['ProxyExceptHTTP', port],
  ['ProxyPortRedirect', covered('nothing listens only to redirect to https')],
  ['UseLocalTLS', TLS],
  ['TLSCert', TLS],
  ['TLSKey', TLS],
  ['IgnoreInsecureTLS', TLS],
  ['PruneLogsTTL', covered('logs are rotated: log.fileBytesMax and log.filesMax')],
  ['PruneLogsPageSize', PRUNE],
  ['PruneLogsSkip', PRUNE],
  ['PruneLogsOnly', PRUNE],
  ['PruneLimit', PRUNE],
  ['PruneSkipToTimestamp', PRUNE],
  ['PruneUpdateConfig', PRUNE],
  ['S3Bucket', EXPORT],
  ['S3Prefix', EXPORT],
  ['S3Region', EXPORT],
  ['S3AccessKeyID', EXPORT],
  ['S3SecretAccessKey', EXPORT],
  ['HealthCheckInterval', EXPORT],
  ['InactivityTimeoutSeconds', EXPORT],
  ['MaxShardSizeBytes', EXPORT],
  ['Consume', unsupported('there is no consumer of NATS')],
  ['DataRetentionDays', retention],
  ['BatchingEnabled', BATCH],
  ['MaxBatchSize', BATCH],
  ['MaxBatchTime', BATCH],
  ['BatchFlushInterval', BATCH],
  ['EnableCompression', unused],
  ['Type', unused],
  ['Host', unused],
  ['Port', unused],
  ['LetsEncryptDomains', unused],
  ['RateLimitPerDay', unused],
  ['MaxConnections', unused],
  ['ConnectionTimeout', unused],
  ['GeoIPDatabase', unused],
  ['AnonymizeIP', unused],
  ['PruneOldData', unused],
]);
