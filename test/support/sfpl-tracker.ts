import { type ClickHouse, openClickHouse } from '../../src/clickhouse/client.ts';
import { startEngine, type TestEngine } from './engine.ts';

/** Columns of that tracker's tables by their types; its README and schema name them. Engines are those of one server. */
const UUID_COLUMNS = {
  events: 'oid vid did sid uid tid auth invoice_id rid ref',
  payments: 'oid tid uid vid sid invid orid product_id',
  agreements: 'vid sid uid avid ref owner oid',
  redirects: 'oid updater',
  redirect_history: 'oid updater',
};
const TEXT_COLUMNS = {
  events: `org hhash app rel last url ip iphash ptyp bhash xid split ename source medium campaign content country region city zip term etyp sink
    relation ja4h gaid idfa msid fbid culture rcode aff browser device os tz`,
  payments: 'org product pcat man model currency country rcode region campaign_id',
  agreements: `hhash app rel url ip iphash gaid idfa msid fbid country region culture source medium campaign term rcode aff browser bhash device os tz
    zip org`,
  redirects: 'hhash urlfrom urlto org',
  redirect_history: 'urlfrom hostfrom slugfrom urlto hostto pathto searchto org',
};
const FLOAT_COLUMNS = {
  events: 'lat lon score',
  payments: 'qty price discount revenue margin cost tax tax_rate commission referral fees subtotal total payment',
  agreements: 'lat lon',
  redirects: '',
  redirect_history: '',
};
const WHOLE_COLUMNS = {
  events: 'cflags duration vp_w vp_h ver',
  payments: 'duration',
  agreements: 'cflags vp_w vp_h',
  redirects: '',
  redirect_history: '',
};
const TIME_COLUMNS = {
  events: 'created_at',
  payments: 'invoiced_at starts ends paid_at created_at updated_at',
  agreements: 'created_at updated_at',
  redirects: 'created_at updated_at',
  redirect_history: 'updated_at',
};
const JSON_COLUMNS = {
  events: 'params targets',
  payments: '',
  agreements: 'compliances loc',
  redirects: '',
  redirect_history: '',
};
const ENGINES = {
  events: 'ReplacingMergeTree(created_at) PARTITION BY (oid, hhash, toYYYYMM(created_at)) ORDER BY (created_at, eid)',
  payments: 'ReplacingMergeTree(updated_at) PARTITION BY (toYYYYMM(created_at), oid) ORDER BY (oid, org, id)',
  agreements: 'ReplacingMergeTree(updated_at) ORDER BY (vid, created_at, updated_at)',
  redirects: 'ReplacingMergeTree(updated_at) ORDER BY urlfrom',
  redirect_history: 'ReplacingMergeTree(updated_at) PARTITION BY hostfrom ORDER BY (urlfrom, updated_at)',
};

type Kind = keyof typeof ENGINES;
const ZERO = '00000000-0000-0000-0000-000000000000';

/** A ClickHouse with that tracker's empty tables in `sfpla`, as a server of one machine has them. */
export interface Tracker {
  readonly engine: TestEngine;
  /** `clickhouse://user@host:port/sfpla`, and the password of it. */
  readonly url: string;
  readonly password: string;
  command(sql: string): Promise<void>;
  stop(): Promise<void>;
}

export async function startTracker(): Promise<Tracker> {
  const engine = await startEngine({ migrated: false });
  const { url, writer } = engine.endpoint;
  const client: ClickHouse = openClickHouse(engine.endpoint, 'writer');
  const command = (sql: string) => client.command(sql);
  await command('CREATE DATABASE sfpla');
  for (const [name, kind] of [
    ['events', 'events'],
    ['payments', 'payments'],
    ['agreements', 'agreements'],
    ['agreed', 'agreements'],
    ['redirects', 'redirects'],
    ['redirect_history', 'redirect_history'],
  ] as const) {
    await command(`CREATE TABLE sfpla.${name} (${columnsOf(kind)}) ENGINE = ${ENGINES[kind]}`);
  }
  return {
    engine,
    url: `clickhouse://${writer.user}@${new URL(url).host}/sfpla`,
    password: writer.password,
    command,
    stop: async () => {
      await client.close();
      await engine.stop();
    },
  };
}

function columnsOf(kind: Kind): string {
  const of = (lists: Readonly<Record<Kind, string>>, type: (name: string) => string) =>
    lists[kind]
      .split(/\s+/)
      .filter((name) => name !== '')
      .map((name) => `${name} ${type(name)}`);
  const ids = { events: ['eid UUID DEFAULT generateUUIDv4()'], payments: ['id UUID DEFAULT generateUUIDv4()'] };
  return [
    ...(ids[kind as keyof typeof ids] ?? []),
    ...of(UUID_COLUMNS, () => `UUID DEFAULT '${ZERO}'`),
    ...of(TEXT_COLUMNS, (name) => (name === 'org' ? `LowCardinality(String) DEFAULT ''` : `String DEFAULT ''`)),
    ...of(FLOAT_COLUMNS, () => 'Float64 DEFAULT 0'),
    ...of(WHOLE_COLUMNS, (name) => (name === 'ver' ? 'Int32 DEFAULT 0' : 'Int64 DEFAULT 0')),
    ...of(TIME_COLUMNS, () => 'DateTime64(3) DEFAULT now64(3)'),
    ...of(JSON_COLUMNS, () => `JSON DEFAULT '{}'`),
  ].join(', ');
}
