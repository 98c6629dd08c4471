import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEngine, type TestEngine } from '../../support/engine.ts';
import { hasPostgres, startPostgres, type TestPostgres } from '../../support/postgres.ts';
import { MigrationRig } from './rig.ts';

let clickhouse: TestEngine;
beforeAll(async () => {
  clickhouse = await startEngine({ migrated: false });
});
afterAll(() => clickhouse.stop());

describe.each([18, 15] as const)('PostgreSQL %d', (version) => {
  let postgres: TestPostgres;
  let rig: MigrationRig;
  const skip = !hasPostgres(version);
  beforeAll(async () => {
    if (skip) return;
    postgres = await startPostgres(version);
    rig = new MigrationRig(postgres, clickhouse);
  });
  afterAll(async () => {
    if (skip) return;
    rig.end();
    await postgres[Symbol.asyncDispose]();
  });
  const into = (name: string) => `${name}_${version}`;

  /** Makes a table of one column `v` with those values, migrates it and gives what arrived, in the order of the values. */
  async function travels(
    type: string,
    values: readonly string[],
    options: Parameters<MigrationRig['migrate']>[0] = {},
  ): Promise<{ type: string; values: unknown[] }> {
    count++;
    const name = `t${count}`;
    await postgres.query(`CREATE TABLE ${name} (id int PRIMARY KEY, v ${type})`);
    for (const [index, value] of values.entries())
      await postgres.query(`INSERT INTO ${name} VALUES (${index}, ${value})`);
    const given = { tables: [name], into: into(name), ...options };
    const task = await rig.begin(given);
    const report = await rig.run(task, given);
    // Arrays are the only ones whose text the other side writes in another way.
    expect(rig.ledger(task).chunks(0)[0]?.sums?.by).toBe(/\[\]$|money/.test(type) ? 'columns' : 'rows');
    expect(rig.retries.splice(0)).toEqual([]);
    expect(report).toMatchObject({ consistent: true, tables: [{ state: 'verified', error: '', rows: values.length }] });
    const rows = await clickhouse.query<{ type: string; text: unknown }>(
      `SELECT toTypeName(v) AS type, toString(v) AS text FROM ${into(name)} ORDER BY id`,
    );
    return { type: rows[0]!.type, values: rows.map(({ text }) => text) };
  }
  let count = 0;

  it.skipIf(skip).each([
    ['int2', ['-32768', '32767', 'NULL'], 'Nullable(Int16)', ['-32768', '32767', null]],
    ['int4', ['-2147483648', '2147483647'], 'Nullable(Int32)', ['-2147483648', '2147483647']],
    [
      'int8',
      ['-9223372036854775808', '9007199254740993'],
      'Nullable(Int64)',
      ['-9223372036854775808', '9007199254740993'],
    ],
    ['oid', ['4294967295'], 'Nullable(UInt32)', ['4294967295']],
    ['bool', ['true', 'false', 'NULL'], 'Nullable(Bool)', ['true', 'false', null]],
    ['uuid', [`'550e8400-e29b-41d4-a716-446655440000'`], 'Nullable(UUID)', ['550e8400-e29b-41d4-a716-446655440000']],
    [
      'float8',
      [`'NaN'`, `'-Infinity'`, `'-0'`, '0.1', '5e-324', '1.7976931348623157e308', '9007199254740993'],
      'Nullable(Float64)',
      ['nan', '-inf', '-0', '0.1', '5e-324', '1.7976931348623157e308', '9007199254740992'],
    ],
    ['float4', [`'NaN'`, '0.1', '3.4028235e38'], 'Nullable(Float32)', ['nan', '0.1', '3.4028235e38']],
    ['numeric(12,2)', ['9999999999.99', '-0.50', 'NULL'], 'Nullable(Decimal(12, 2))', ['9999999999.99', '-0.5', null]],
    [
      'numeric(40,20)',
      ['12345678901234567890.12345678901234567891'],
      'Nullable(Decimal(40, 20))',
      ['12345678901234567890.12345678901234567891'],
    ],
    ['numeric(3,-2)', ['12345'], 'Nullable(Decimal(5, 0))', ['12300']],
    ['numeric(2,5)', ['0.00012'], 'Nullable(Decimal(5, 5))', ['0.00012']],
    [
      'numeric',
      [`'NaN'`, `'Infinity'`, '1.500', '1e-30'],
      'Nullable(String)',
      ['NaN', 'Infinity', '1.500', '0.000000000000000000000000000001'],
    ],
    ['numeric(1000,3)', ['1.500'], 'Nullable(String)', ['1.500']],
    ['money', [`'-92233720368547758.08'`], 'Nullable(Decimal(20, 2))', ['-92233720368547758.08']],
    [
      'text',
      [`''`, `'\\N'`, `E'tab\\t line\\n back\\\\ bell\\x07 \\b\\f\\r\\x0b'`, `'привет 🚀'`, 'NULL'],
      'Nullable(String)',
      ['', '\\N', 'tab\t line\n back\\ bell\x07 \b\f\r\v', 'привет 🚀', null],
    ],
    ['varchar(10)', [`'a b '`], 'Nullable(String)', ['a b ']],
    ['char(5)', [`'ab'`], 'Nullable(String)', ['ab']],
    ['"char"', [`'x'`], 'Nullable(String)', ['x']],
    ['bytea', [`'\\x00ff0a5c'`, `''`], 'Nullable(String)', ['\u0000\ufffd\n\\', '']],
    [
      'date',
      [`'1900-01-01'`, `'1969-12-31'`, `'2299-12-31'`, 'NULL'],
      'Nullable(Date32)',
      ['1900-01-01', '1969-12-31', '2299-12-31', null],
    ],
    [
      'timestamptz',
      [`'2026-11-21 19:16:07.123456+05:30'`, `'1969-12-31 23:59:59.999999+00'`, `'2024-02-29 00:00:00+00'`],
      "Nullable(DateTime64(6, 'UTC'))",
      ['2026-11-21 13:46:07.123456', '1969-12-31 23:59:59.999999', '2024-02-29 00:00:00.000000'],
    ],
    [
      'timestamp',
      [`'1900-01-01 00:00:00'`, `'2299-12-31 23:59:59.999999'`],
      "Nullable(DateTime64(6, 'UTC'))",
      ['1900-01-01 00:00:00.000000', '2299-12-31 23:59:59.999999'],
    ],
    ['time', [`'24:00:00'`, `'01:02:03.000004'`], 'Nullable(String)', ['24:00:00', '01:02:03.000004']],
    ['timetz', [`'01:02:03+02'`], 'Nullable(String)', ['01:02:03+02']],
    ['interval', [`'1 year 2 mons -3 days 04:05:06.5'`], 'Nullable(String)', ['P1Y2M-3DT4H5M6.5S']],
    ['json', [`'{"b": 1,  "a": 1, "a": null}'`], 'Nullable(String)', ['{"b": 1,  "a": 1, "a": null}']],
    [
      'jsonb',
      [`'{"a.b": 9007199254740993, "": [1, null], "\\"": "\\u2028/"}'`],
      'Nullable(String)',
      ['{"": [1, null], "\\"": "\u2028/", "a.b": 9007199254740993}'],
    ],
    ['xml', [`'<a>1</a>'`], 'Nullable(String)', ['<a>1</a>']],
    ['inet', [`'10.0.0.1'`, `'10.1.0.0/16'`, `'::1'`], 'Nullable(String)', ['10.0.0.1', '10.1.0.0/16', '::1']],
    ['cidr', [`'10.1.0.0/16'`], 'Nullable(String)', ['10.1.0.0/16']],
    ['macaddr', [`'08:00:2b:01:02:03'`], 'Nullable(String)', ['08:00:2b:01:02:03']],
    ['bit(3)', [`B'101'`], 'Nullable(String)', ['101']],
    ['point', [`'(1.5,2)'`], 'Nullable(String)', ['(1.5,2)']],
    ['tsvector', [`'fat cat'`], 'Nullable(String)', [`'cat' 'fat'`]],
    ['int4range', [`'[1,5)'`], 'Nullable(String)', ['[1,5)']],
    ['pg_lsn', [`'16/B374D848'`], 'Nullable(String)', ['16/B374D848']],
    ['int8[]', [`'{9007199254740993,NULL}'`, `'{}'`], 'Array(Nullable(Int64))', ['[9007199254740993,NULL]', '[]']],
    ['text[]', [`ARRAY['a"b,c', NULL, '\\N', E'\\\\']`], 'Array(Nullable(String))', ["['a\"b,c',NULL,'\\\\N','\\\\']"]],
    ['bool[]', [`'{t,f}'`], 'Array(Nullable(Bool))', ['[true,false]']],
    ['timestamptz[]', [`'{infinity}'`], 'Array(Nullable(String))', ["['infinity']"]],
    ['numeric[]', [`'{NaN,1.50}'`], 'Array(Nullable(String))', ["['NaN','1.50']"]],
    ['bytea[]', [`ARRAY['\\x00ff'::bytea]`], 'Array(Nullable(String))', ["['00ff']"]],
  ] as const)('%s arrives as it is', async (type, values, into, expected) => {
    expect(await travels(type, values)).toEqual({ type: into, values: expected });
  });
});
