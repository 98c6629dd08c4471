import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../../../src/config/resolve.ts';
import { temporaryHome } from '../../support/temporary-home.ts';

const write = (home: string, content: unknown): void =>
  writeFileSync(join(home, 'trackflow.json'), typeof content === 'string' ? content : JSON.stringify(content));

const problemOf = (options: Parameters<typeof resolveConfig>[0]): string => {
  try {
    resolveConfig(options);
  } catch (error) {
    expect(error).toMatchObject({ code: 'TF_CONFIG', exit: 64 });
    return (error as Error).message;
  }
  throw new Error('the configuration was taken');
};

describe('resolveConfig', () => {
  it('gives every setting its default when nothing is given', () => {
    const { config, origins } = resolveConfig({ home: temporaryHome(), env: {} });
    expect(config.listen).toEqual({ host: '127.0.0.1', port: 8080, collectors: 0 });
    expect(new Set(Object.values(origins))).toEqual(new Set(['default']));
  });

  it('prefers a flag over the environment over the file over the default, key by key', () => {
    const home = temporaryHome();
    write(home, { listen: { port: 1, host: '0.0.0.0' }, flush: { rowsMax: 7 }, spool: { dedupHours: 2 } });
    const { config, origins } = resolveConfig({
      home,
      env: { TRACKFLOW_LISTEN_PORT: '2', TRACKFLOW_FLUSH_ROWS_MAX: '8' },
      flags: { 'listen.port': 3 },
    });
    expect([config.listen.port, config.flush.rowsMax, config.spool.dedupHours, config.log.level]).toEqual([
      3,
      8,
      2,
      'info',
    ]);
    expect(origins).toMatchObject({
      'listen.port': 'flag',
      'flush.rowsMax': 'env',
      'listen.host': 'file',
      'log.level': 'default',
    });
  });

  it('takes the cluster that the home has for its engine, unless somebody says otherwise', () => {
    const home = temporaryHome();
    mkdirSync(join(home, 'run'));
    writeFileSync(join(home, 'run', 'cluster.json'), '{}');
    const found = resolveConfig({ home, env: {} });
    expect([found.config.engine.kind, found.origins['engine.kind']]).toEqual(['cluster', 'cluster']);
    const told = resolveConfig({ home, env: {}, flags: { 'engine.kind': 'embedded' } });
    expect(told.config.engine.kind).toBe('embedded');
  });

  it('reads numbers, switches, lists, sizes and times from the text of the environment', () => {
    const { config } = resolveConfig({
      home: temporaryHome(),
      env: {
        TRACKFLOW_PRIVACY_STORE_IP: 'yes',
        TRACKFLOW_RECEIVE_TRUSTED_PROXIES: '10.0.0.0/8, ::1',
        TRACKFLOW_SPOOL_BYTES_MAX: '512MB',
        TRACKFLOW_SPOOL_FREE_BYTES_MIN: '1.5 GiB',
        TRACKFLOW_FLUSH_AGE_MS_MAX: '2s',
      },
    });
    expect(config.privacy.storeIp).toBe(true);
    expect(config.receive.trustedProxies).toEqual(['10.0.0.0/8', '::1']);
    expect(config.spool).toMatchObject({ bytesMax: 512_000_000, freeBytesMin: 1.5 * 1024 ** 3 });
    expect(config.flush.ageMsMax).toBe(2_000);
  });

  it('reads sizes and times from text in the file, but no numbers, switches or lists', () => {
    const home = temporaryHome();
    write(home, { spool: { bytesMax: '2GiB' }, flush: { ageMsMax: '3s' } });
    expect(resolveConfig({ home, env: {} }).config.spool.bytesMax).toBe(2 * 1024 ** 3);
    write(home, { listen: { port: '8080' }, privacy: { storeIp: 'yes' }, receive: { trustedProxies: '::1' } });
    const problem = problemOf({ home, env: {} });
    for (const key of ['listen.port', 'privacy.storeIp', 'receive.trustedProxies']) expect(problem).toContain(key);
  });

  it('takes an empty variable for one that is not set', () => {
    const { origins } = resolveConfig({ home: temporaryHome(), env: { TRACKFLOW_LISTEN_PORT: '' } });
    expect(origins['listen.port']).toBe('default');
  });

  it('takes relative files from the home, whoever asks and from wherever', () => {
    const home = temporaryHome();
    write(home, { geo: { database: 'city.mmdb' } });
    expect(resolveConfig({ home, env: {} }).config.geo.database).toBe(join(home, 'city.mmdb'));
    expect(resolveConfig({ home, env: { TRACKFLOW_GEO_DATABASE: '/g.mmdb' } }).config.geo.database).toBe('/g.mmdb');
  });

  it('cannot be changed afterwards, at any depth', () => {
    const { config } = resolveConfig({ home: temporaryHome(), env: {} });
    expect(() => Object.assign(config.listen, { port: 1 })).toThrow(TypeError);
    expect(() => (config.receive.trustedProxies as string[]).push('::1')).toThrow(TypeError);
  });

  it('names key, value, allowed values and source of a bad value', () => {
    const problem = problemOf({ home: temporaryHome(), env: { TRACKFLOW_LISTEN_PORT: '99999' } });
    expect(problem).toBe(
      'listen.port is "99999" (from TRACKFLOW_LISTEN_PORT); allowed: a whole number from 0 to 65535',
    );
  });

  it('names every problem at once', () => {
    const home = temporaryHome();
    write(home, { lisen: {}, flush: { strategy: 'fast', ageMs: 1 } });
    const problem = problemOf({ home, env: { TRACKFLOW_SPOOL_BYTE_MAX: '1' }, flags: { 'listen.prt': 1 } });
    for (const part of [
      'unknown key "lisen"; did you mean listen?',
      'unknown key "flush.ageMs"; did you mean flush.ageMsMax?',
      'flush.strategy is "fast"',
      'one of immediate, time',
      'did you mean TRACKFLOW_SPOOL_BYTES_MAX?',
      'unknown setting "listen.prt"; did you mean listen.port?',
    ]) {
      expect(problem).toContain(part);
    }
  });

  it.each([
    ['what is not JSON', '{"listen":', 'is not JSON'],
    ['what is not an object', '[1]', 'must hold one JSON object'],
    ['a section that is not an object', '{"listen":8080}', 'listen must be an object, not 8080'],
    ['dotted keys', '{"listen.port":8080}', 'write sections as nested objects'],
    ['keys of the prototype', '{"__proto__":{"port":1},"constructor":{}}', 'unknown key "__proto__"'],
  ])('refuses a file with %s', (_, content, part) => {
    const home = temporaryHome();
    write(home, content);
    expect(problemOf({ home, env: {} })).toContain(part);
  });

  it('lets variables pass that Kubernetes, oclif and the tests set', () => {
    const env = {
      TRACKFLOW_HOME: '/x',
      TRACKFLOW_PORT: 'tcp://10.0.0.1:80',
      TRACKFLOW_SERVICE_HOST: '10.0.0.1',
      TRACKFLOW_PORT_8080_TCP_ADDR: '10.0.0.1',
      TRACKFLOW_ENGINE_PORT: 'tcp://10.0.0.2:8123',
      TRACKFLOW_TEST_REQUIRE: 'docker',
      TRACKFLOW_CACHE_DIR: '/y',
    };
    expect(() => resolveConfig({ home: temporaryHome(), env })).not.toThrow();
  });

  it.each([
    ['kind url without a URL', { 'engine.kind': 'url' }, 'engine.url is empty'],
    ['a URL that is not used', { 'engine.url': 'http://c:8123' }, 'engine.kind is embedded'],
    ['a URL of another scheme', { 'engine.kind': 'url', 'engine.url': 'tcp://c:9000' }, 'allowed: an address like'],
    ['a batch larger than the spool', { 'flush.bytesMax': '64MiB', 'spool.bytesMax': '32MiB' }, 'no batch could fill'],
    [
      'a body larger than all bodies together',
      { 'receive.decodedBytesMax': '8MiB', 'receive.inflightBytesMax': '4MiB' },
      'such a body would always be refused',
    ],
    ['a body that a record of the spool could not hold', { 'receive.decodedBytesMax': '65MiB' }, 'decodedBytesMax'],
    ['a proxy that is no network', { 'receive.trustedProxies': ['10.0.0.0/33'] }, '"10.0.0.0/33"'],
  ])('refuses %s', (_, flags, part) => {
    expect(problemOf({ home: temporaryHome(), env: {}, flags })).toContain(part);
  });

  it('refuses credentials in the URL without repeating them', () => {
    const flags = { 'engine.kind': 'url', 'engine.url': 'http://me:secret@c:8123' };
    const problem = problemOf({ home: temporaryHome(), env: {}, flags });
    expect(problem).toContain('engine.passwordFile');
    expect(problem).not.toContain('secret');
  });

  it('refuses a password file that everybody may read, and one that is not there', () => {
    const home = temporaryHome();
    const flags = { 'engine.kind': 'url', 'engine.url': 'http://c:8123', 'engine.passwordFile': 'password' };
    expect(problemOf({ home, env: {}, flags })).toContain('ENOENT');
    writeFileSync(join(home, 'password'), 'x');
    chmodSync(join(home, 'password'), 0o644);
    expect(problemOf({ home, env: {}, flags })).toContain('chmod 600');
    chmodSync(join(home, 'password'), 0o640);
    expect(resolveConfig({ home, env: {}, flags }).config.engine.passwordFile).toBe(join(home, 'password'));
  });
});
