import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { atOnce } from '../../../../daemon/spool/pieces.ts';
import { type ClickHouse, openClickHouse } from '../../../../src/clickhouse/client.ts';
import { joinBlock } from '../../../../src/clickhouse/native/block.ts';
import { EVENT_COLUMN_HEADS } from '../../../../src/clickhouse/native/encoded-rows.ts';
import { COLUMNS, REVENUE_UNITS_MAX } from '../../../../src/event/columns.ts';
import type { Event } from '../../../../src/event/event.ts';
import { startEngine, type TestEngine } from '../../../support/engine.ts';
import { encodeEvents, eventId, SOME_TIME, sampleEvent } from '../../../support/events.ts';
import { encodeTable } from './columns.ts';

let engine: TestEngine;
let writer: ClickHouse;
let batch = 0n;

beforeAll(async () => {
  engine = await startEngine();
  writer = openClickHouse(engine.endpoint, 'writer');
});

afterAll(async () => {
  await writer?.close();
  await engine?.stop();
});

const TEXTS = [
  '',
  'a',
  'é',
  '漢字かな交じり文',
  '👩‍👩‍👧‍👦🏳️‍🌈',
  'tab\tline\nquote\'"back\\slash',
  'nul\0 and \u0001 and \u007f',
  '\ufeff\u2028\u2029\ufffd',
  'x'.repeat(127),
  'x'.repeat(128),
  '漢'.repeat(5_461),
  'y'.repeat(16_384),
  'half of a pair: \ud83d'.toWellFormed(),
];
const TEXT_COLUMNS = COLUMNS.filter((column) => column.blockType === 'String').map((column) => column.name);

/** Inserts groups of events as one batch and gives back its number. */
async function insert(...groups: Event[][]): Promise<bigint> {
  batch = batch === 0n ? 2n ** 63n - 10n : batch + 1n;
  const block = atOnce(joinBlock(EVENT_COLUMN_HEADS, groups.map(encodeEvents), batch));
  const { writtenRows } = await writer.insertNative('events', block, { token: batch.toString(16), timeoutMs: 30_000 });
  expect(writtenRows).toBe(groups.flat().length);
  return batch;
}

async function select(what: string, number: bigint): Promise<Record<string, unknown>[]> {
  return engine.query(`SELECT ${what} FROM events WHERE batch = {batch:UInt64} ORDER BY user_id`, {
    batch: number.toString(),
  });
}

/** `user_id` says the place of a row, because the table sorts differently. */
function place(index: number): string {
  return String(index).padStart(4, '0');
}

describe('what is encoded, in ClickHouse', () => {
  it('is every text of every text column, to the byte', async () => {
    const columns = TEXT_COLUMNS.filter((name) => name !== 'user_id');
    const events = TEXTS.map((_, index) => {
      const event = sampleEvent(index, { user_id: place(index) });
      columns.forEach((name, shift) => {
        (event as unknown as Record<string, string>)[name] = TEXTS[(index + shift) % TEXTS.length]!;
      });
      return event;
    });
    const stored = await select(columns.join(', '), await insert(events.slice(0, 5), events.slice(5)));
    expect(stored).toHaveLength(events.length);
    stored.forEach((row, index) => {
      for (const name of columns) expect(row[name], `${name} of row ${index}`).toBe(events[index]![name]);
    });
  });

  it('is every id', async () => {
    const ids = [
      '00000000-0000-0000-0000-000000000000',
      'ffffffff-ffff-ffff-ffff-ffffffffffff',
      '01234567-89ab-7def-8123-456789abcdef',
      '80000000-0000-7000-8000-000000000001',
    ];
    const events = ids.map((event_id, index) => sampleEvent(index, { event_id, user_id: place(index) }));
    const stored = await select('toString(event_id) AS id', await insert(events));
    expect(stored.map((row) => row.id)).toEqual(ids);
  });

  it('is every time, before 1970 too', async () => {
    const times = [0, -1, 1, SOME_TIME, SOME_TIME + 999, Date.UTC(1969, 6, 20, 20, 17), Date.UTC(2199, 11, 31, 23, 59)];
    const events = times.map((time, index) =>
      sampleEvent(index, { occurred_at: time, received_at: -time, user_id: place(index) }),
    );
    const number = await insert(events);
    const what = 'toUnixTimestamp64Milli(occurred_at) AS at, toUnixTimestamp64Milli(received_at) AS received';
    const stored = await select(what, number);
    expect(stored.map((row) => Number(row.at))).toEqual(times);
    expect(stored.map((row) => Number(row.received))).toEqual(times.map((time) => 0 - time));
  });

  it('is every amount, negative ones and the largest', async () => {
    const revenues = [0, 1, -1, 12_345, -9_999, 4_294_967_296, -4_294_967_296, REVENUE_UNITS_MAX, -REVENUE_UNITS_MAX];
    const events = revenues.map((revenue, index) => sampleEvent(index, { revenue, user_id: place(index) }));
    const stored = await select(
      'toString(reinterpretAsInt64(revenue)) AS units, toString(revenue) AS text',
      await insert(events),
    );
    expect(stored.map((row) => Number(row.units))).toEqual(revenues);
    expect(stored.slice(1, 5).map((row) => row.text)).toEqual(['0.0001', '-0.0001', '1.2345', '-0.9999']);
  });

  it('is every small number', async () => {
    const events = [0, 1, 255].map((time_clamped, index) =>
      sampleEvent(index, { time_clamped, user_id: place(index) }),
    );
    const stored = await select('time_clamped', await insert(events));
    expect(stored.map((row) => row.time_clamped)).toEqual([0, 1, 255]);
  });

  it('is the text in properties, and what is under each path', async () => {
    const events = TEXTS.map((text, index) =>
      sampleEvent(index, { properties: JSON.stringify({ text, number: index, list: [text] }), user_id: place(index) }),
    );
    const what = 'properties.text::String AS text, properties.number::Int64 AS number';
    const stored = await select(what, await insert(events));
    expect(stored.map((row) => row.text)).toEqual(TEXTS);
    expect(stored.map((row) => Number(row.number))).toEqual(TEXTS.map((_, index) => index));
  });

  it('has the number of its batch in every row, in the highest bits too', async () => {
    const number = await insert([sampleEvent(1)], [sampleEvent(2), sampleEvent(3)]);
    const stored = await select('toString(batch) AS number', number);
    expect(stored.map((row) => row.number)).toEqual(Array(3).fill(number.toString()));
  });

  it('is one part for each month, so that counting finds all rows of a month or none', async () => {
    const months = [SOME_TIME, Date.UTC(2026, 9, 1)];
    const groups = Array.from({ length: 40 }, (_, index) => [sampleEvent(index, { occurred_at: months[index % 2]! })]);
    const number = await insert(...groups);
    const sql = 'SELECT uniqExact(_part) AS parts, count() AS rows FROM events WHERE batch = {batch:UInt64}';
    expect(await engine.query(sql, { batch: number.toString() })).toEqual([{ parts: 2, rows: 40 }]);
  });

  it('still inserts when it was written before columns were added and moved', async () => {
    const names = ['user_id', 'occurred_at', 'account', 'event_id'];
    const heads = names.map((name) => EVENT_COLUMN_HEADS.find((head) => head.name === name)!);
    const old = encodeTable(heads, [['old', SOME_TIME, 'default', eventId(1)]]);
    const number = 77n;
    await writer.insertNative('events', atOnce(joinBlock(heads, [old], number)), { token: 'old', timeoutMs: 30_000 });
    expect(await select('user_id, account, name, toString(event_id) AS id', number)).toEqual([
      { user_id: 'old', account: 'default', name: '', id: eventId(1) },
    ]);
  });
});
