import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Leaves } from '../../../daemon/validate/hints.ts';
import { addProperties, propertiesText } from '../../../daemon/validate/properties.ts';
import { startEngine, type TestEngine } from '../../support/engine.ts';
import { fc } from '../../support/property.ts';
import { POISON } from './poison.ts';

let clickhouse: TestEngine;

beforeAll(async () => {
  clickhouse = await startEngine({ migrated: false });
}, 60_000);

afterAll(async () => {
  await clickhouse?.stop();
});

beforeEach(async () => {
  const columns = 'id UInt32, properties JSON(max_dynamic_paths=256)';
  await run(`CREATE OR REPLACE TABLE guarded (${columns}) ENGINE = MergeTree ORDER BY id`);
});

/** One statement with nothing set: the settings of our own inserts would forgive a path that occurs twice. */
async function run(sql: string, body?: Uint8Array): Promise<string> {
  const { url, writer } = clickhouse.endpoint;
  const response = await fetch(`${url}/?${new URLSearchParams({ query: sql })}`, {
    method: 'POST',
    // Making the samples can take as long as the engine keeps an idle connection: a kept one may be closed under us.
    headers: { 'X-ClickHouse-User': writer.user, 'X-ClickHouse-Key': writer.password, Connection: 'close' },
    body: body === undefined ? null : Buffer.from(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(text.slice(0, 500));
  return text;
}

function guard(value: unknown): string | undefined {
  const leaves = new Leaves();
  const text = addProperties(value, leaves) ?? propertiesText(leaves);
  return typeof text === 'string' ? text : undefined;
}

/** The way events go: one Native block with the JSON column in its text form, which a 1 announces. */
async function insert(texts: readonly string[]): Promise<void> {
  const ids = new Uint32Array(texts.length).map((_, index) => index);
  const parts = [varint(2), varint(texts.length), text('id'), text('UInt32'), Buffer.from(ids.buffer)];
  const textForm = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]);
  parts.push(text('properties'), text('JSON(max_dynamic_paths=256)'), textForm, ...texts.map(text));
  await run('INSERT INTO guarded SETTINGS async_insert = 0 FORMAT Native', Buffer.concat(parts));
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return Buffer.from([...bytes, rest]);
}

async function storedRows(): Promise<number> {
  return Number(await run('SELECT count() FROM guarded'));
}

describe('what the guard lets through, in ClickHouse', () => {
  it('is accepted in one insert for the whole poison list with innocent neighbours', async () => {
    const texts = POISON.flatMap((poison) => ['{"before":1}', guard(JSON.parse(poison))!, '{"after":"x"}']);
    await insert(texts);
    expect(await storedRows()).toBe(texts.length);
  });

  it('would not be accepted without the guard', async () => {
    await expect(insert(['{"before":1}', POISON[0]!, '{"after":1}'])).rejects.toThrow(/Duplicate path/);
    expect(await storedRows()).toBe(0);
  });

  it('is found again under its path', async () => {
    await insert([guard({ plan: 'pro', cart: { items: 2 }, 'cart.sum': 1.5, list: [{ sku: 'a' }] })!]);
    const answer = await run(
      'SELECT properties.plan::String, properties.cart.items::UInt8, properties.cart.sum::Float64, ' +
        'properties.list[].sku::Array(String) FROM guarded FORMAT TSV',
    );
    expect(answer).toBe("pro\t2\t1.5\t['a']\n");
  });

  it('is accepted, and readable, for whatever else JSON can say', async () => {
    const hostileKey = fc.constantFrom(
      '',
      '.',
      'a',
      'a.b',
      'b',
      '__proto__',
      'constructor',
      '\ud800',
      '\0',
      'a[]',
      '`',
      '"',
    );
    const key = fc.oneof(hostileKey, fc.string({ unit: 'binary', maxLength: 12 }));
    const scalar = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.double(),
      fc.integer(),
      fc.bigInt().map(Number),
      fc.boolean(),
      fc.constant(null),
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
      fc.constantFrom('2024-01-01', '2024-01-01 00:00:00', -(2 ** 63), 2 ** 63, 2 ** 64, 1e308, 5e-324),
    );
    const { json } = fc.letrec<{ json: unknown }>((tie) => ({
      json: fc.oneof(
        { maxDepth: 4, withCrossShrink: true },
        scalar,
        fc.array(tie('json'), { maxLength: 5 }),
        fc.dictionary(key, tie('json'), { maxKeys: 6, noNullPrototype: false }),
      ),
    }));
    const properties = fc.dictionary(key, json, { maxKeys: 10 });
    const texts = fc
      .sample(properties, 1_500)
      .map(guard)
      .filter((guarded) => guarded !== undefined);
    expect(texts.length).toBeGreaterThan(500);

    await insert(texts);
    expect(await storedRows()).toBe(texts.length);
    await run('OPTIMIZE TABLE guarded FINAL');
    const rows = (await run('SELECT properties FROM guarded FORMAT JSONEachRow')).trimEnd().split('\n');
    for (const row of rows) expect(() => JSON.parse(row)).not.toThrow();
  }, 60_000);
});
