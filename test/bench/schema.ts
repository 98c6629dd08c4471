/**
 * `npm run bench:schema`: what an event costs on disk and at insert, column by column, and what it would cost otherwise.
 *
 * A month of the load test's traffic goes through the real daemon (`BENCH_EVENTS`, a million), once as `web` and once as
 * `mixed` (`BENCH_PROFILES`). The same rows then fill one table for each variant in the same engine (`BENCH_VARIANTS`, a regular
 * expression, takes some). Bytes are those of one merged part; microseconds are CPU of the engine, inserts in blocks
 * of 50,000 rows on one thread. The questions are those of `/v1/stats` without the daemon, the fastest of 15:
 * a machine that is shared is slow at times, and what is compared here lies minutes apart.
 */
import os from 'node:os';
import type { ClickHouse } from '../../src/clickhouse/client.ts';
import { PROFILES } from '../../src/loadtest/plan/plan.ts';
import { parseTimeseries, parseTop } from '../../src/query/parse.ts';
import { timeseries } from '../../src/query/stats/timeseries.ts';
import { top } from '../../src/query/stats/top.ts';
import { startDaemon } from '../support/daemon.ts';
import { lastMonth, sendMonth } from './storage/month-of-traffic.ts';
import { createReceivedMonth } from './storage/received-month.ts';
import { build, type ColumnCost, columnsOf } from './storage/variant-table.ts';
import { BEFORE, SCHEMA, VARIANTS } from './storage/variants.ts';
import { openWriter } from './writer.ts';

const EVENTS = Number(process.env.BENCH_EVENTS ?? 1_000_000);
const WANTED = new RegExp(process.env.BENCH_VARIANTS ?? '');
const SOURCE = 'received';
const TABLE = 'variant';
const REPEATS = 15;
/** As many as the engine gives a read (`src/engine/server-config.ts`). */
const READ_THREADS = 2;

type Question = readonly [sql: string, params: Readonly<Record<string, unknown>>];

/** One question of each kind that the sort key matters to. */
function questions(startedAt: number): readonly Question[] {
  const month = { from: String(startedAt), to: String(startedAt + 30 * 86_400_000), metrics: 'visitors' };
  const series = (filter: string) =>
    timeseries.compile(parseTimeseries(new URLSearchParams({ ...month, filter }), startedAt));
  const pages = top.compile(parseTop(new URLSearchParams({ ...month, dimension: 'path' }), startedAt));
  const one = { sql: 'SELECT name, path FROM events WHERE visitor_id = {id:String} ORDER BY occurred_at', params: {} };
  return [series('country:is:DE'), series('name:is:purchase'), pages, one].map(({ sql, params }) => [
    sql.replace('FROM events', `FROM ${TABLE}`),
    params,
  ]);
}

async function fastestMs(server: ClickHouse, [sql, params]: Question): Promise<number> {
  const [somebody] = await server.query<{ id: string }>(`SELECT any(visitor_id) AS id FROM ${TABLE}`);
  const times: number[] = [];
  for (let n = 0; n < REPEATS; n++) {
    const start = performance.now();
    await server.query(`${sql} SETTINGS max_threads = ${READ_THREADS}`, { ...somebody, ...params });
    times.push(performance.now() - start);
  }
  return Math.min(...times);
}

async function measure(profile: (typeof PROFILES)[number]): Promise<void> {
  await using daemon = await startDaemon();
  const startedAt = lastMonth(Date.now());
  await sendMonth(daemon, { profile, events: EVENTS, startedAt });
  const { server } = await openWriter(daemon);
  const { engine } = await daemon.status();
  await createReceivedMonth(server, SOURCE, startedAt);
  const asked = questions(startedAt);
  const columns = new Map<string, ColumnCost[]>();
  print(
    `\n${EVENTS} events of profile ${profile}\n`,
    '| | bytes on disk | of them indexes | insert µs | merge µs | a country by day ms | a rare name by day ms | visitors by page ms | one visitor ms |',
    '|---|---|---|---|---|---|---|---|---|',
  );
  for (const variant of VARIANTS.filter(({ name }) => WANTED.test(name))) {
    const { diskBytes, indexBytes, insertMicros, mergeMicros } = await build(server, engine.pid, {
      table: TABLE,
      source: SOURCE,
      variant,
    });
    const times: number[] = [];
    for (const question of asked) times.push(await fastestMs(server, question));
    const cells = [diskBytes, indexBytes, insertMicros, mergeMicros].map((value) => value.toFixed(2));
    print(`| ${[variant.name, ...cells, ...times.map((ms) => ms.toFixed(1))].join(' | ')} |`);
    if (variant === SCHEMA || variant === BEFORE) columns.set(variant.name, await columnsOf(server, TABLE));
  }
  print('\n| column | type | codec | bytes before compression | bytes | bytes before |', '|---|---|---|---|---|---|');
  for (const { name, type, codec, plainBytes, bytes } of columns.get(SCHEMA.name) ?? []) {
    const before = columns.get(BEFORE.name)?.find((column) => column.name === name)?.bytes;
    const cells = [plainBytes.toFixed(2), bytes.toFixed(2), before?.toFixed(2) ?? '–'];
    print(`| \`${name}\` | ${type} | ${codec.replace(/^CODEC\((.*)\)$/, '$1')} | ${cells.join(' | ')} |`);
  }
  await server.close();
}

function print(...lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}

const wanted = process.env.BENCH_PROFILES?.split(',') ?? ['web', 'mixed'];
print(`${os.cpus()[0]?.model}, ${os.availableParallelism()} cores, Node ${process.version}`);
for (const profile of PROFILES.filter((name) => wanted.includes(name))) await measure(profile);
