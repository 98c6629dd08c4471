import { afterAll, beforeAll, expect, it } from 'vitest';
import { amountOf, timeOf } from '../../../../src/migrate/sfpl/values.ts';
import { startEngine, type TestEngine } from '../../../support/engine.ts';

let clickhouse: TestEngine;
beforeAll(async () => {
  clickhouse = await startEngine({ migrated: false });
});
afterAll(() => clickhouse.stop());

const ask = async ({ text, loss }: { text: string; loss: string }, value: string) => {
  const [row] = await clickhouse.query<{ text: string; lost: number }>(
    `SELECT ${text} AS text, toUInt8(${loss}) AS lost FROM (SELECT ${value} AS x) AS t`,
  );
  return [row!.text, row!.lost];
};

it.each([
  ['DateTime64(3)', `toDateTime64('2025-01-01 12:00:00.123', 3, 'Asia/Tokyo')`, '2025-01-01 03:00:00.123', 0],
  ['DateTime64(9)', `toDateTime64('2025-01-01 00:00:00.123456789', 9, 'UTC')`, '2025-01-01 00:00:00.123', 1],
  ['DateTime64(9)', `toDateTime64('2262-04-11 00:00:00', 9, 'UTC')`, '2262-04-11 00:00:00.000', 0],
  ['DateTime64(6)', `toDateTime64('2299-12-31 23:59:59.999999', 6, 'UTC')`, '2299-12-31 23:59:59.999', 1],
  ['DateTime64(0)', `toDateTime64('1900-01-01 00:00:00', 0, 'UTC')`, '1970-01-01 00:00:00.000', 1],
  ['DateTime', `toDateTime('2025-01-01 12:00:00', 'Asia/Tokyo')`, '2025-01-01 03:00:00.000', 0],
  ['Date', `toDate('2025-01-01')`, '2025-01-01 00:00:00.000', 0],
])('a time of %s, %s, is %s', async (type, value, text, lost) => {
  expect(await ask(timeOf({ name: 'x', type, nullable: false }), value)).toEqual([text, lost]);
});

it.each([
  ['Float64', '0.1 + 0.2', '0.3000', 0],
  ['Float64', '-1234567.89', '-1234567.8900', 0],
  ['Float64', '0.00005', '0.0001', 0],
  ['Float64', '900719925474.09', '900719925474.0900', 0],
  ['Float64', '1e12', '0.0000', 1],
  ['Float64', 'nan', '0.0000', 1],
  ['Float64', '-inf', '0.0000', 1],
  ['Float32', 'toFloat32(19.5)', '19.5000', 0],
  ['Decimal(18, 6)', `toDecimal64('12.345678', 6)`, '12.3457', 0],
  ['Decimal(10, 2)', `toDecimal64('-12.30', 2)`, '-12.3000', 0],
  ['Int64', 'toInt64(-7)', '-7.0000', 0],
  ['UInt64', 'toUInt64(18446744073709551615)', '0.0000', 1],
  ['String', `'12.5'`, '12.5000', 0],
  ['String', `'free'`, '0.0000', 1],
  ['String', `''`, '0.0000', 0],
])('an amount of %s, %s, is %s', async (type, value, text, lost) => {
  expect(await ask(amountOf({ name: 'x', type, nullable: false }), value)).toEqual([text, lost]);
});
