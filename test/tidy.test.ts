import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { ERRORS } from '../src/errors/error.ts';

/** The rules of the house as data, and a walk over the sources that holds them. */
const ROOT = path.resolve(import.meta.dirname, '..');
const LINES_MAX = 300;

/** Folder → folders of ours that it may import from. The first prefix that fits a file decides. */
const MAY_IMPORT: readonly (readonly [folder: string, allowed: readonly string[]])[] = [
  ['src/event', ['src/event']],
  ['src/errors', ['src/errors']],
  ['src/registry', ['src/registry']],
  ['src/package-root.ts', []],
  ['src/archive', ['src/archive']],
  // Who may do what: known to the daemon and to the commands.
  ['src/access', ['src/access', 'src/event']],
  ['src/config', ['src/config', 'src/access', 'src/errors']],
  ['src/clickhouse', ['src/clickhouse', 'src/errors', 'src/event', 'src/package-root.ts']],
  [
    'src/postgres',
    [
      'src/postgres',
      'src/clickhouse/migrate.ts',
      'src/errors',
      'src/migrate/postgres/address.ts',
      'src/migrate/postgres/connection.ts',
      'src/package-root.ts',
    ],
  ],
  ['src/engine', ['src/engine', 'src/archive', 'src/clickhouse', 'src/errors']],
  [
    'src/query',
    ['src/query', 'src/clickhouse', 'src/event', 'src/errors', 'src/control/protocol.ts', 'src/config/nearest.ts'],
  ],
  ['src/control', ['src/control', 'src/access', 'src/config', 'src/errors', 'src/engine/engine.ts', 'src/registry']],
  [
    'src/migrate',
    [
      'src/migrate',
      'src/clickhouse/client.ts',
      'src/clickhouse/quoted.ts',
      'src/control/migration.ts',
      'src/errors',
      'src/event',
    ],
  ],
  ['src/terminal', ['src/terminal']],
  // What browsers run: it knows nothing of the rest.
  ['src/tracker', ['src/tracker']],
  ['src/snippet', ['src/snippet', 'src/config', 'src/errors', 'src/package-root.ts']],
  ['src/dashboard', ['src/dashboard', 'src/control', 'src/errors', 'src/terminal']],
  [
    'src/loadtest',
    ['src/loadtest', 'src/config/quantity.ts', 'src/control', 'src/errors', 'src/terminal', 'src/package-root.ts'],
  ],
  [
    'src/cli',
    [
      'src/cli',
      'src/access',
      'src/archive',
      'src/dashboard',
      'src/loadtest',
      'src/migrate',
      'src/terminal',
      'src/clickhouse/exact-json.ts',
      'src/clickhouse/migrate.ts',
      'src/config',
      'src/control',
      'src/engine',
      'src/errors',
      'src/package-root.ts',
      'src/registry',
      'src/snippet',
    ],
  ],
  ['commands', ['src/cli', 'src/access', 'src/errors', 'src/snippet/frameworks.ts']],
  // Stages of the road do not know each other; threads, pipeline and the composition root join them.
  ['daemon/validate', ['daemon/validate', 'daemon/road.ts', 'src/event']],
  ['daemon/enrich', ['daemon/enrich', 'daemon/road.ts', 'daemon/telemetry', 'src/event', 'src/errors', 'src/config']],
  [
    'daemon/receive',
    [
      'daemon/receive',
      'daemon/access',
      'daemon/road.ts',
      'daemon/telemetry',
      'daemon/spool/protocol.ts',
      'src/access',
      'src/event',
      'src/errors',
      'src/config',
      'src/registry',
    ],
  ],
  ['daemon/spool', ['daemon/spool', 'src/clickhouse/native', 'src/event', 'src/config']],
  ['daemon/flush', ['daemon/flush', 'daemon/spool', 'daemon/state', 'src/clickhouse', 'src/postgres']],
  ['daemon/state', ['daemon/state', 'src/access', 'src/control/access.ts', 'src/errors', 'src/registry']],
  [
    'daemon/access',
    [
      'daemon/access',
      'daemon/enrich/bounded-cache.ts',
      'daemon/state',
      'src/access',
      'src/config',
      'src/control/access.ts',
      'src/errors',
      'src/event',
    ],
  ],
  [
    'daemon/tail',
    ['daemon/tail', 'daemon/receive/sink.ts', 'src/control/tail.ts', 'src/errors', 'src/event', 'src/query'],
  ],
  [
    'daemon/tasks',
    [
      'daemon/tasks',
      'daemon/state',
      'daemon/telemetry/catalogue.ts',
      'src/clickhouse/client.ts',
      'src/control/stream.ts',
      'src/control/migration.ts',
      'src/control/erasure.ts',
      'src/control/tasks.ts',
      'src/errors',
      'src/migrate',
      'src/postgres',
    ],
  ],
  ['daemon/telemetry', ['daemon/telemetry', 'daemon/road.ts', 'src/clickhouse', 'src/control', 'src/event']],
  [
    'daemon',
    [
      'daemon',
      'src/access',
      'src/clickhouse',
      'src/config',
      'src/control',
      'src/engine',
      'src/errors',
      'src/event',
      'src/postgres',
      'src/query',
      'src/package-root.ts',
      'src/registry',
      'src/snippet',
    ],
  ],
];

/** Outside library → the only places that import it. */
const IMPORTERS: Readonly<Record<string, readonly string[]>> = {
  '@clickhouse/client': ['src/clickhouse'],
  'better-sqlite3': ['daemon/state'],
  chdb: ['src/engine', 'src/cli/doctor'],
  dockerode: ['src/engine/docker'],
  'ffi-rs': ['src/engine'],
  fastify: ['daemon/control', 'daemon/receive'],
  ws: ['daemon/receive/websocket', 'src/loadtest/send'],
  'hdr-histogram-js': ['src/loadtest/measure'],
  pino: ['daemon/log.ts', 'daemon/pino-roll.d.ts'],
  'pino-roll': ['daemon/log.ts'],
  'prom-client': ['daemon/telemetry'],
  maxmind: ['daemon/enrich'],
  isbot: ['daemon/enrich'],
  'ua-parser-js': ['daemon/enrich'],
  'ipaddr.js': ['daemon/enrich'],
  'lz4-napi': ['daemon/receive/sfpl'],
  tldts: ['daemon/receive/sfpl'],
  'acme-client': ['daemon/tls/acme'],
  jose: ['daemon/access'],
  pg: ['daemon/access', 'src/migrate/postgres', 'src/postgres'],
  zod: ['src/access', 'src/config', 'src/query', 'src/migrate', 'daemon/access', 'daemon/tasks', 'daemon/tls/acme'],
  '@oclif/core': ['src/cli', 'commands'],
  ink: ['src/terminal/screen'],
  react: ['src/terminal/screen'],
  systeminformation: ['daemon/telemetry'],
};

/** What may stand only in its home. */
const HOMES: readonly (readonly [what: RegExp, homes: readonly string[]])[] = [
  [/\bprocess\.exit\(/, ['daemon/main.ts']],
  [/\bprocess\.env\b/, ['src/config/environment.ts']],
  [/\bconsole\./, ['src/tracker']],
  [/\b(TODO|FIXME|XXX)\b/, []],
];

const BANNED_NAMES = /^(utils?|helpers?|common|misc|manager|lib)\b/;

const sources = ['src', 'daemon', 'commands'].flatMap(walk);
const tests = walk('test');

function walk(folder: string): string[] {
  return fs.readdirSync(path.join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const file = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return walk(file);
    return /\.tsx?$/.test(entry.name) ? [file] : [];
  });
}

function read(file: string): string {
  return fs.readFileSync(path.join(ROOT, file), 'utf8');
}

/** What a file imports: files of ours as paths from the root, libraries by name. */
function importsOf(file: string): { ours: string[]; libraries: string[] } {
  const ours: string[] = [];
  const libraries: string[] = [];
  for (const [, from] of read(file).matchAll(/^(?:(?:import|export)\b[^;]*?from |import |.*\bimport\()'([^']+)'/gm)) {
    if (from!.startsWith('.')) ours.push(path.posix.join(path.posix.dirname(file), from!));
    else if (!from!.startsWith('node:'))
      libraries.push(
        from!
          .split('/')
          .slice(0, from!.startsWith('@') ? 2 : 1)
          .join('/'),
      );
  }
  return { ours, libraries };
}

const inside = (file: string, folder: string) => file === folder || file.startsWith(`${folder}/`);

describe('dependencies point one way', () => {
  test.each(sources)('%s', (file) => {
    const rule = MAY_IMPORT.find(([folder]) => inside(file, folder));
    expect(rule, 'no rule for this folder').toBeDefined();
    const wrong = importsOf(file).ours.filter((from) => !rule![1].some((allowed) => inside(from, allowed)));
    expect(wrong).toEqual([]);
  });
});

test('no file imports what imports it, over however many others, types included', () => {
  const graph = new Map(sources.map((file) => [file, importsOf(file).ours.filter((from) => sources.includes(from))]));
  // What imports nothing that is left is in no circle.
  for (let left = -1; left !== graph.size; ) {
    left = graph.size;
    for (const [file, from] of graph) if (!from.some((one) => graph.has(one))) graph.delete(file);
  }
  expect([...graph.keys()]).toEqual([]);
});

test('each outside library has one home', () => {
  const wrong = sources.flatMap((file) =>
    importsOf(file)
      .libraries.filter((library) => !(IMPORTERS[library] ?? []).some((home) => inside(file, home)))
      .map((library) => `${file}: ${library}`),
  );
  expect(wrong).toEqual([]);
});

test('every dependency of the package is used', () => {
  const { dependencies } = JSON.parse(read('package.json')) as { dependencies: Record<string, string> };
  const named = new Set(sources.flatMap((file) => importsOf(file).libraries));
  // Loaded by name: the plugin by oclif, the country database by its path, React by what JSX becomes.
  const loaded = ['react', '@oclif/plugin-help', '@ip-location-db/geo-whois-asn-country-mmdb'];
  expect(Object.keys(dependencies).filter((name) => !named.has(name) && !loaded.includes(name))).toEqual([]);
});

test('a file stays short enough to be read', () => {
  expect(sources.filter((file) => read(file).split('\n').length > LINES_MAX)).toEqual([]);
});

test('no name says nothing', () => {
  expect([...sources, ...tests].filter((file) => file.split('/').some((part) => BANNED_NAMES.test(part)))).toEqual([]);
});

test.each(HOMES)('%s stands only where it belongs', (what, homes) => {
  const code = (file: string) =>
    read(file).replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, (comment) => (/TODO|FIXME|XXX/.test(comment) ? comment : ''));
  expect(sources.filter((file) => what.test(code(file)) && !homes.some((home) => inside(file, home)))).toEqual([]);
});

test('every source is reached from an entry', () => {
  const entries = [
    'daemon/main.ts',
    'daemon/threads/spool-thread.ts',
    'daemon/threads/collector-thread.ts',
    'src/engine/engine-process.ts',
    'src/loadtest/worker/worker-thread.ts',
    'src/tracker/script.ts',
    'src/tracker/index.ts',
    // Named for oclif in package.json.
    'src/cli/help.ts',
    'src/cli/unknown-command.ts',
  ];
  const reached = new Set<string>();
  const queue = [...entries, ...sources.filter((file) => file.startsWith('commands/') || file.endsWith('.d.ts'))];
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (reached.has(file) || !fs.existsSync(path.join(ROOT, file))) continue;
    reached.add(file);
    queue.push(...importsOf(file).ours);
  }
  expect(sources.filter((file) => !reached.has(file))).toEqual([]);
});

describe('README', () => {
  const readme = () => read('README.md');

  test('names each exit code that an error has', () => {
    const codes = new Set(Object.values(ERRORS).map(({ exit }) => exit));
    expect([...codes].filter((code) => !new RegExp(`^\\| ${code} \\|`, 'm').test(readme()))).toEqual([]);
  });

  test('names only files and folders that are there', () => {
    const named = [...readme().matchAll(/`((?:bin|commands|daemon|schema|src|test)\/[\w./-]*)`/g)].map(
      ([, file]) => file!,
    );
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((file) => !fs.existsSync(path.join(ROOT, file)))).toEqual([]);
  });

  test('names every command', () => {
    const commands = walk('commands').map((file) =>
      file
        .slice('commands/'.length, -'.ts'.length)
        .replace(/\/index$/, '')
        .replaceAll('/', ' '),
    );
    expect(commands.filter((command) => !readme().includes(`trackflow ${command}`))).toEqual([]);
  });
});
