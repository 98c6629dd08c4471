import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AnyOf } from '../../../src/clickhouse/any-of.ts';
import { ClickHouseError, ConnectionError } from '../../../src/clickhouse/client.ts';
import { freePort } from '../../../src/engine/ports.ts';
import { startEngine, type TestEngine } from '../../support/engine.ts';

let clickhouse: TestEngine;
let nobody: string;

beforeAll(async () => {
  clickhouse = await startEngine({ migrated: false });
  nobody = `http://127.0.0.1:${await freePort()}`;
});
afterAll(() => clickhouse.stop());

/** Servers of which the first is away; `asked` counts attempts. */
function setUp(others: readonly string[]) {
  const servers = new AnyOf({ ...clickhouse.endpoint, url: nobody, others }, 'reader');
  let asked = 0;
  const one = () =>
    servers.run((server) => {
      asked += 1;
      return server.query('SELECT 1 AS one');
    });
  return { servers, one, attempts: () => asked };
}

describe('of several servers', () => {
  test('the next is asked when one is away, and first from then on', async () => {
    const { servers, one, attempts } = setUp([clickhouse.endpoint.url]);
    expect(await one()).toEqual([{ one: 1 }]);
    expect(attempts()).toBe(2);
    expect(await one()).toEqual([{ one: 1 }]);
    expect(attempts()).toBe(3);
    await servers.close();
  });

  test('all are away: the failure is that of a connection', async () => {
    const { servers, one, attempts } = setUp([nobody]);
    await expect(one()).rejects.toThrow(ConnectionError);
    expect(attempts()).toBe(2);
    await servers.close();
  });

  test('what one refuses is not tried elsewhere', async () => {
    const servers = new AnyOf({ ...clickhouse.endpoint, others: [clickhouse.endpoint.url] }, 'reader');
    let asked = 0;
    const refused = servers.run((server) => {
      asked += 1;
      return server.query('SELECT nonsense');
    });
    await expect(refused).rejects.toThrow(ClickHouseError);
    expect(asked).toBe(1);
    await servers.close();
  });
});
