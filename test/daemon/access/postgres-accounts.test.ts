import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { AccountRegistry } from '../../../daemon/access/account-registry.ts';
import type { AccessChange } from '../../../daemon/access/book.ts';
import { PostgresAccounts } from '../../../daemon/access/postgres-accounts.ts';
import { AccessState } from '../../../daemon/state/access-state.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';
import { until } from '../../support/until.ts';
import { StateFile } from '../state/state-file.ts';

const WAIT_MS = 60_000;

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres(18);
});
afterAll(() => postgres[Symbol.asyncDispose]());

function openState(): AccessState {
  const file = new StateFile();
  onTestFinished(() => file.remove());
  return new AccessState(file.db);
}

/** A registry that mirrors the table, with what it told and what went wrong. */
function mirror(state: AccessState, url = postgres.url) {
  const changes: AccessChange[] = [];
  const away: unknown[] = [];
  let rounds = 0;
  let bad = 0;
  const registry = new AccountRegistry({
    state,
    source: 'postgres',
    now: Date.now,
    onChange: (change) => changes.push(change),
  });
  const source = new PostgresAccounts({
    url,
    passwordFile: '',
    table: 'public.accounts',
    refreshMs: 20,
    onAccounts: (accounts, unread) => {
      bad = unread;
      registry.mirror(accounts);
      rounds++;
    },
    onAway: (error) => away.push(error),
  });
  onTestFinished(() => source.close());
  const settled = async () => {
    const from = rounds;
    await until(() => rounds > from + 1, WAIT_MS);
  };
  return { registry, changes, away, settled, source, bad: () => bad };
}

it('takes accounts of a table as they come and go, and those it knows when the database is away', async () => {
  await postgres.query('CREATE TABLE accounts (id int PRIMARY KEY, name text, is_active boolean NOT NULL, data jsonb)');
  await postgres.query("INSERT INTO accounts VALUES (1, 'One', true), (2, 'Two', false)");
  const state = openState();
  const { registry, away, settled, source } = mirror(state);
  expect([registry.defined, registry.ready]).toEqual([true, false]);
  await settled();
  expect(registry.ready).toBe(true);
  expect(registry.all().map(({ id, name, active }) => [id, name, active])).toEqual([
    ['1', 'One', true],
    ['2', 'Two', false],
  ]);
  await postgres.query(
    "UPDATE accounts SET is_active = false WHERE id = 1; DELETE FROM accounts WHERE id = 2; INSERT INTO accounts VALUES (3, 'Three', true)",
  );
  await settled();
  expect(registry.all().map(({ id, active }) => [id, active])).toEqual([
    ['1', false],
    ['3', true],
  ]);
  expect(() => registry.add({ id: 'x' }, 'test')).toThrow(/another database/);

  await postgres.query('ALTER TABLE accounts RENAME TO gone');
  await until(() => away.length === 1, WAIT_MS);
  expect(registry.all()).toHaveLength(2);
  await postgres.query('ALTER TABLE gone RENAME TO accounts');
  await settled();
  await source.close();

  // The next process finds nobody at that address.
  const later = mirror(state, 'postgres://postgres@127.0.0.1:1/test');
  await until(() => later.away.length === 1, WAIT_MS);
  expect([later.registry.ready, later.registry.all().map(({ id }) => id)]).toEqual([true, ['1', '3']]);
});

it('reads what else a table may have, passes over rows that are no account, and never writes', async () => {
  await postgres.query('DROP TABLE IF EXISTS accounts');
  await postgres.query(
    'CREATE TABLE accounts (id text, active boolean, origins text[], limits jsonb, retention_days int, secret text)',
  );
  await postgres.query(
    `INSERT INTO accounts VALUES ('shop', null, '{https://shop.example}', '{"eventsPerDay": 5}', 30, 'x'),
     (null, true, null, null, null, 'x'), ('bad', true, '{shop.example}', null, null, 'x')`,
  );
  const { registry, settled, bad } = mirror(openState());
  await settled();
  expect(registry.all()).toEqual([
    {
      id: 'shop',
      name: '',
      active: true,
      origins: ['https://shop.example'],
      limits: { eventsPerSecond: 0, bytesPerSecond: 0, eventsPerDay: 5, bytesPerDay: 0 },
      retentionDays: 30,
    },
  ]);
  expect(bad()).toBe(2);
  expect(registry.retentions()).toEqual([{ account: 'shop', days: 30 }]);
  const [row] = await postgres.query<{ only: string }>(
    "SELECT count(*)::text AS only FROM pg_stat_activity WHERE application_name = 'trackflow'",
  );
  expect(Number(row!.only)).toBeGreaterThan(0);
});
