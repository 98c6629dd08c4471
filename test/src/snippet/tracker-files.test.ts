import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { configSchema } from '../../../src/config/schema.ts';
import { packageRoot } from '../../../src/package-root.ts';
import { trackerFiles } from '../../../src/snippet/tracker-files.ts';
import { temporaryHome } from '../../support/temporary-home.ts';

const defaults = configSchema.parse({});

describe('the files that browsers load', () => {
  it('are small: the tracker with queue and retry takes 2,048 bytes, each option what README says, and none more', () => {
    const readme = readFileSync(join(packageRoot(), 'README.md'), 'utf8');
    const over = trackerFiles(defaults).flatMap(({ option, text }) => {
      const bytes = gzipSync(text, { level: 9 }).length;
      const stated = new RegExp(`^\\| \`${option}\` \\|.* \\| (\\d+) \\|$`, 'm').exec(readme)?.[1];
      return bytes > (option === '' ? 2_048 : Number(stated ?? 0)) ? [`${option || 'tracker'}: ${bytes}`] : [];
    });
    expect(over).toEqual([]);
  });

  it('have paths that follow that of the tracker, with and without their version', () => {
    const files = trackerFiles(configSchema.parse({ tracker: { path: '/assets/app.js' } }));
    expect(files.map(({ path }) => path)).toEqual([
      '/assets/app.js',
      ...['404', 'clicks', 'engagement', 'forms', 'links', 'vitals'].map((name) => `/assets/app.${name}.js`),
    ]);
    for (const { path, versionedPath, version, text, integrity } of files) {
      expect(versionedPath).toBe(path.replace(/\.js$/, `.${version}.js`));
      expect(integrity).toBe(`sha384-${createHash('sha384').update(text).digest('base64')}`);
    }
  });

  it('carry what was renamed, and change their version with it', () => {
    const [usual] = trackerFiles(defaults);
    const tracker = { path: '/a/b/c.js', collectPath: '/a/in', attributePrefix: 'data-q-' };
    const [renamed] = trackerFiles(configSchema.parse({ tracker, spool: { dedupHours: 2 } }));
    for (const word of ['"../in"', '"data-q-"', '`c.${', '36e5']) expect(renamed!.text).toContain(word);
    expect(renamed!.text).not.toMatch(/\{(prefix|collect|options)\}|4242424242|v1\/events/);
    expect(renamed!.version).not.toBe(usual!.version);
    expect(usual!.text).toContain('828e5');
  });

  it('use no eval and nothing inline', () => {
    for (const { text } of trackerFiles(defaults))
      expect(text).not.toMatch(/\beval\b|new Function|innerHTML|document\.cookie/);
  });

  it('are named where they were not built', () => {
    expect(() => trackerFiles(defaults, join(temporaryHome(), 'nothing'))).toThrow(/the tracker was not built/);
  });
});

describe('the package', () => {
  it('exports the tracker as a module with types', async () => {
    const home = temporaryHome();
    mkdirSync(join(home, 'node_modules'));
    symlinkSync(packageRoot(), join(home, 'node_modules', 'trackflow'));
    writeFileSync(join(home, 'package.json'), '{"type":"module"}');
    writeFileSync(join(home, 'use.mjs'), `export * from 'trackflow/tracker';`);
    const module = (await import(join(home, 'use.mjs'))) as Record<string, unknown>;
    expect(Object.keys(module).toSorted()).toEqual([
      'clicks',
      'engagement',
      'forms',
      'init',
      'links',
      'notFound',
      'vitals',
    ]);
  });
});
