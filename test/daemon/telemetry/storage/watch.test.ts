import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { StorageWatch } from '../../../../daemon/telemetry/storage/watch.ts';
import { type ClickHouse, openClickHouse } from '../../../../src/clickhouse/client.ts';
import type { MutationFigures, StorageFigures } from '../../../../src/control/storage.ts';
import { startEngine, type TestEngine } from '../../../support/engine.ts';
import { until } from '../../../support/until.ts';

let clickhouse: TestEngine;
let writer: ClickHouse;

beforeAll(async () => {
  clickhouse = await startEngine();
  writer = openClickHouse(clickhouse.endpoint, 'writer');
});
afterAll(async () => {
  await writer.close();
  await clickhouse.stop();
});
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function setUp(endpoint = clickhouse.endpoint) {
  const engine = { state: 'ready' };
  const watch = new StorageWatch({
    shards: [
      {
        endpoint,
        get state() {
          return engine.state;
        },
      },
    ],
    now: Date.now,
    elapsed: () => performance.now(),
  });
  onTestFinished(() => watch.close());
  return { watch, engine };
}

/** The figures of a question that begins from now on. */
async function nextFigures(watch: StorageWatch): Promise<StorageFigures> {
  const { report } = watch;
  await vi.advanceTimersByTimeAsync(5_000);
  await until(() => watch.report !== report && watch.report.figures !== null, 10_000);
  return watch.report.figures!;
}

async function figuresWith(
  watch: StorageWatch,
  isWanted: (figures: StorageFigures) => boolean,
): Promise<StorageFigures> {
  let figures = watch.report.figures!;
  await until(async () => {
    if (!isWanted(figures)) figures = await nextFigures(watch);
    return isWanted(figures);
  }, 20_000);
  return figures;
}

/** SELECTs that the server has run, this one included. */
async function selects(): Promise<number> {
  const [row] = await clickhouse.query<{ n: number }>(
    "SELECT toFloat64(value) AS n FROM system.events WHERE event = 'SelectQuery'",
  );
  return row!.n;
}

test('nobody watches: nothing is asked; somebody watches: at once, then every five seconds', async () => {
  const { watch } = setUp();
  const before = await selects();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await selects()).toBe(before + 1);

  watch.watch(true);
  await until(() => watch.report.figures !== null, 10_000);
  const asked = await selects();
  const perQuestion = asked - before - 2;
  await vi.advanceTimersByTimeAsync(4_900);
  expect(await selects()).toBe(asked + 1);
  const first = watch.report.figures!;
  expect(first.tookMs).toBeGreaterThan(0);
  const second = await nextFigures(watch);
  expect(second.askedAt).toBeGreaterThan(first.askedAt);
  expect(await selects()).toBe(asked + 2 + perQuestion);

  watch.watch(false);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await selects()).toBe(asked + 3 + perQuestion);
  expect(watch.report.figures).toBe(second);
});

test('tables and columns are what ClickHouse has', async () => {
  await writer.command(`CREATE TABLE wide (n UInt64, text String) ENGINE = MergeTree ORDER BY n PARTITION BY n % 2
    SETTINGS min_bytes_for_wide_part = 0, parts_to_delay_insert = 40, parts_to_throw_insert = 70`);
  for (let insert = 0; insert < 3; insert++)
    await writer.command(`INSERT INTO wide SELECT number * 2, repeat('x', 100) FROM numbers(500)`);
  await writer.command(`INSERT INTO wide VALUES (1, 'odd')`);
  const { watch } = setUp();
  watch.watch(true);
  await until(() => watch.report.figures !== null, 10_000);
  const { tables } = watch.report.figures!;
  const wide = tables.find(({ name }) => name === 'wide')!;
  const [stored] = await clickhouse.query<Record<string, number>>(
    `SELECT toFloat64(sum(rows)) AS rows, toFloat64(sum(bytes_on_disk)) AS diskBytes,
       toFloat64(sum(data_compressed_bytes)) AS compressedBytes,
       toFloat64(sum(data_uncompressed_bytes)) AS uncompressedBytes
     FROM system.parts WHERE active AND table = 'wide'`,
  );
  expect(wide).toMatchObject({ ...stored, rows: 1_501, fullestPartition: '0', partsToDelay: 40, partsToThrow: 70 });
  expect(wide.parts).toBe(wide.fullestParts + 1);
  expect(tables.find(({ name }) => name === 'schema_migrations')).toMatchObject({
    partsToDelay: 1_000,
    partsToThrow: 3_000,
  });
});

test('columns are those of the events, the largest first', async () => {
  await writer.command('ALTER TABLE events MODIFY SETTING min_bytes_for_wide_part = 0, min_rows_for_wide_part = 0');
  await writer.command(
    `INSERT INTO events (event_id, name, url) SELECT generateUUIDv4(), 'n', toString(generateUUIDv4()) FROM numbers(2000)`,
  );
  const { watch } = setUp();
  watch.watch(true);
  await until(() => watch.report.figures !== null, 10_000);
  const { columns } = watch.report.figures!;
  expect(
    columns
      .slice(0, 2)
      .map(({ name }) => name)
      .sort(),
  ).toEqual(['event_id', 'url']);
  expect(columns.map(({ compressedBytes }) => compressedBytes)).toEqual(
    columns.map(({ compressedBytes }) => compressedBytes).toSorted((a, b) => b - a),
  );
  expect(columns.length).toBeLessThanOrEqual(20);
  expect(columns.find(({ name }) => name === 'url')!.uncompressedBytes).toBeGreaterThan(2_000 * 36);
});

test('a merge that runs is there with its progress, a mutation that fails with its reason', async () => {
  // 26.7 waits for mutations unless told not to.
  await writer.command('CREATE TABLE slow (n UInt64) ENGINE = MergeTree ORDER BY tuple()');
  await writer.command('INSERT INTO slow SELECT number FROM numbers(20)');
  await writer.command('ALTER TABLE slow UPDATE n = n + sleepEachRow(0.1) WHERE 1 SETTINGS mutations_sync = 0');
  const { watch } = setUp();
  watch.watch(true);
  await until(() => watch.report.figures !== null, 10_000);
  const { merges, mergesRunning, mutations } = await figuresWith(watch, ({ merges }) => merges.length > 0);
  expect(mergesRunning).toBe(1);
  expect(merges[0]).toMatchObject({ table: 'slow', mutation: true, parts: 1 });
  expect(merges[0]!.progress).toBeLessThanOrEqual(1);
  expect(mutations[0]).toMatchObject({ table: 'slow', done: false, failure: '', partsToDo: 1 });

  await writer.command('CREATE TABLE failing (n UInt64) ENGINE = MergeTree ORDER BY n');
  await writer.command('INSERT INTO failing VALUES (1)');
  await writer.command(
    `ALTER TABLE failing DELETE WHERE throwIf(n = 1, 'never \\x1b[31m') SETTINGS mutations_sync = 0`,
  );
  const isFailed = ({ table, failure }: MutationFigures) => table === 'failing' && failure !== '';
  const failed = await figuresWith(watch, ({ mutations }) => mutations.some(isFailed));
  const mutation = failed.mutations.find(isFailed)!;
  expect(mutation.failure).toContain('never');
  expect(mutation.command).toContain('throwIf');
  expect(Math.abs(Date.now() - mutation.createdAt)).toBeLessThan(60_000);
});

test('while the engine is away nothing is asked, and the last answer stays with its time', async () => {
  const { watch, engine } = setUp();
  watch.watch(true);
  await until(() => watch.report.figures !== null, 10_000);
  const { figures } = watch.report;
  engine.state = 'down';
  const asked = await selects();
  await vi.advanceTimersByTimeAsync(20_000);
  expect(await selects()).toBe(asked + 1);
  expect(watch.report).toEqual({ figures, failure: 'the engine is down' });
  const said = watch.report;
  await vi.advanceTimersByTimeAsync(20_000);
  expect(watch.report).toBe(said);
  engine.state = 'ready';
  watch.refresh();
  await until(() => watch.report.failure === '', 10_000);
  expect(watch.report.figures!.askedAt).toBeGreaterThan(figures!.askedAt);
});

test('a user who may not read system tables is told so', async () => {
  const { endpoint } = clickhouse;
  const { watch } = setUp({ ...endpoint, writer: endpoint.reader });
  watch.watch(true);
  await until(() => watch.report.failure !== '', 10_000);
  expect(watch.report.figures).toBeNull();
  expect(watch.report.failure).toMatch(/ACCESS_DENIED|Not enough privileges/);
});
