import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { KEYS } from '../../src/cli/config/sfpl/keys.ts';
import { runCli } from '../support/cli.ts';
import { temporaryHome } from '../support/temporary-home.ts';

/** Keys of reference/seed-systems.md 2.2 with what that tracker ships, and the keys its README names besides. */
const SHIPPED = {
  Domains: ['localhost', 'tr.shop.example'],
  ApiVersion: 1,
  AllowOrigin: '*',
  MaximumConnections: 150_000,
  ReadTimeoutSeconds: 20,
  ReadHeaderTimeoutSeconds: 20,
  WriteTimeoutSeconds: 20,
  IdleTimeoutSeconds: 20,
  MaxHeaderBytes: 1_048_576,
  StaticDirectory: 'public',
  UseGeoIP: true,
  GeoIPVersion: 1,
  UseRemoveIP: true,
  UseRegionDescriptions: true,
  PrefixPrivateHash: 'pepper',
  AccountHashMixer: '',
  CFlagsMarketing: 4096,
  CFlagsIgnore: false,
  IgnoreQueryParamsKey: 'igqp',
  UrlFilter: '^(https?)://',
  UrlFilterMatchGroup: 6,
  DefaultRedirect: 'https://sfpl.io',
  ProxyUrl: 'http://localhost:3030',
  ProxyDailyLimit: 0,
  ProxyPort: ':8080',
  ProxyPortTLS: ':8443',
  ProxyExceptHTTP: ':8880',
  UseLocalTLS: true,
  TLSCert: './server.crt',
  PruneLogsTTL: 2_592_000,
  S3Bucket: '',
  Notify: [
    { Service: 'clickhouse', Hosts: ['clickhouse.example:9440'], Username: 'tracker', Context: 'sfpla', Secure: true },
    { Service: 'cassandra_', Hosts: ['localhost'] },
    { Service: 'facebook', Context: '1234' },
  ],
  Consume: [],
  BatchingEnabled: true,
  RateLimitPerDay: 10_000,
};

function write(home: string, content: unknown): string {
  const file = path.join(home, 'config.json');
  fs.writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

interface Report {
  readonly file: string | null;
  readonly settings: Record<string, unknown>;
  readonly keys: readonly { readonly key: string; readonly fate: string; readonly note: string }[];
}

async function imported(home: string, content: unknown, ...flags: string[]): Promise<Report> {
  const { stdout, code } = await runCli([
    'config',
    'import',
    'sfpl',
    write(home, content),
    '--json',
    '--home',
    home,
    ...flags,
  ]);
  expect(code).toBe(0);
  return JSON.parse(stdout) as Report;
}

describe('trackflow config import sfpl', () => {
  test('writes what has a setting of ours, and says of every key what became of it', async () => {
    const home = temporaryHome();
    const report = await imported(home, SHIPPED);
    expect(report.settings).toEqual({
      'sfpl.linkDomains': ['localhost', 'tr.shop.example'],
      'receive.connectionsMax': 150_000,
      'receive.requestTimeoutMs': 20_000,
      'receive.headersTimeoutMs': 20_000,
      'receive.keepAliveTimeoutMs': 20_000,
      'privacy.storeIp': false,
      'sfpl.privateHashPrefix': 'pepper',
      'sfpl.marketingFlags': 4096,
      'sfpl.ignoreQueryKey': 'igqp',
      'sfpl.redirectDefault': 'https://sfpl.io',
      'listen.port': 8880,
      'engine.kind': 'url',
      'engine.url': 'https://clickhouse.example:8443',
      'engine.user': 'tracker',
    });
    const fates = new Map(report.keys.map(({ key, fate }) => [key, fate]));
    const listed = Object.keys(SHIPPED).filter((key) => key !== 'Notify');
    expect(listed.filter((key) => !fates.has(key))).toEqual([]);
    expect([...fates.values()]).not.toContain('unknown');
    expect([fates.get('Notify[0]'), fates.get('Notify[1]'), fates.get('Notify[2]')]).toEqual([
      'imported',
      'unused',
      'unsupported',
    ]);
    const file = JSON.parse(fs.readFileSync(path.join(home, 'trackflow.json'), 'utf8'));
    expect(file.sfpl.privateHashPrefix).toBe('pepper');
    expect(fs.statSync(path.join(home, 'trackflow.json')).mode & 0o777).toBe(0o600);
    expect((await runCli(['config', 'validate', '--home', home])).code).toBe(0);
  });

  test('keeps what is set already, unless it is to be overwritten; writes nothing with --dry-run', async () => {
    const home = temporaryHome();
    const file = path.join(home, 'trackflow.json');
    fs.writeFileSync(file, JSON.stringify({ listen: { port: 9000 }, log: { level: 'warn' } }));
    const port = () => JSON.parse(fs.readFileSync(file, 'utf8')).listen.port;
    const config = { ProxyExceptHTTP: ':8880' };
    expect((await imported(home, config, '--dry-run')).file).toBeNull();
    expect(port()).toBe(9000);
    await imported(home, config);
    expect(port()).toBe(9000);
    await imported(home, config, '--overwrite');
    expect(JSON.parse(fs.readFileSync(file, 'utf8'))).toEqual({ listen: { port: 8880 }, log: { level: 'warn' } });
  });

  test('W37: what is empty, broken or of another kind is told, and changes nothing', async () => {
    const home = temporaryHome();
    for (const content of ['', '{', '[]', 'null', '7']) {
      const result = await runCli(['config', 'import', 'sfpl', write(home, content), '--home', home]);
      expect([content, result.code]).toEqual([content, 65]);
    }
    const missing = await runCli(['config', 'import', 'sfpl', path.join(home, 'none.json'), '--home', home]);
    expect(missing.stderr).toContain('none.json');
    const report = await imported(home, {
      MaximumConnections: 0,
      Nothing: 1,
      DefaultRedirect: 'nowhere',
      ProxyExceptHTTP: ':99999',
    });
    expect(report.settings).toEqual({});
    expect(report.keys.map(({ fate }) => fate)).toEqual(['invalid', 'unknown', 'invalid', 'invalid']);
    expect(fs.existsSync(path.join(home, 'trackflow.json'))).toBe(true);
  });

  test('knows what to do with any value of any key', () => {
    for (const [key, fate] of KEYS) {
      for (const value of [null, undefined, 0, -1, 1e9, '', 'x', [], {}, true, false, Number.NaN]) {
        expect([key, typeof fate(value).fate]).toEqual([key, 'string']);
      }
    }
  });
});
