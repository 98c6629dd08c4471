/** One way to store the same rows: what differs from the schema. */
export interface Variant {
  readonly name: string;
  /** Type and codec of columns that differ. */
  readonly columns?: Readonly<Record<string, string>>;
  /** Sort key; the index in memory is the same without `occurred_at`. */
  readonly sortKey?: string;
  /** Settings of the table, added. */
  readonly settings?: string;
  /** Skip indexes that are left out. */
  readonly withoutIndexes?: readonly string[];
  /** Columns that hold something else than the rows they are filled from: expressions by name. */
  readonly values?: Readonly<Record<string, string>>;
}

const REPEATED = 'url path title referrer referrer_host utm_term utm_content'.split(' ');
const NAMED =
  'account name type host utm_source utm_medium utm_campaign click_id_type country region city timezone browser browser_version os os_version device screen language bot currency'.split(
    ' ',
  );
const TIMES = ['occurred_at', 'received_at'];
const IDS = ['visitor_id', 'session_id', 'user_id'];

const every = (names: readonly string[], type: string) => Object.fromEntries(names.map((name) => [name, type]));
const time = (codec: string) => ({
  ...every(TIMES, `DateTime64(3, 'UTC') CODEC(${codec})`),
  batch: `UInt64 CODEC(${codec})`,
});
const hashes = (codec: string) => ({
  visitor_hash: `UInt64 MATERIALIZED cityHash64(visitor_id) CODEC(${codec})`,
  session_hash: `UInt64 MATERIALIZED cityHash64(session_id) CODEC(${codec})`,
});

/** Pages, referrers and titles that end in a number which no other event has. */
const ONCE = Object.fromEntries(
  ['url', 'path', 'title', 'referrer'].map((name) => [
    name,
    `concat(${name}, '/', toString(cityHash64(event_id) % 100000000))`,
  ]),
);

/** Worked out of the texts by each question. */
const ALIASES = {
  visitor_hash: 'UInt64 ALIAS cityHash64(visitor_id)',
  session_hash: 'UInt64 ALIAS cityHash64(session_id)',
};

/** As the schema is. */
export const SCHEMA: Variant = { name: 'the schema' };

/** As it was before it was measured: the texts themselves were counted. */
export const BEFORE: Variant = {
  name: 'before: no dictionaries of pages, Delta, the name in the key',
  columns: {
    ...every(REPEATED, 'String CODEC(ZSTD(1))'),
    ...every(NAMED, 'LowCardinality(String)'),
    ...time('Delta(8), ZSTD(1)'),
    properties: 'JSON(max_dynamic_paths = 256)',
    ...ALIASES,
  },
  sortKey: 'account, toDate(occurred_at), name, cityHash64(visitor_id), occurred_at',
  settings: 'min_bytes_for_wide_part = 10485760',
};

export const VARIANTS: readonly Variant[] = [
  SCHEMA,
  BEFORE,
  // Codecs and types.
  { name: 'event_id NONE', columns: { event_id: 'UUID CODEC(NONE)' } },
  { name: 'event_id ZSTD(3)', columns: { event_id: 'UUID CODEC(ZSTD(3))' } },
  { name: 'times and batch ZSTD(1)', columns: time('ZSTD(1)') },
  { name: 'times and batch Delta, ZSTD(1)', columns: time('Delta(8), ZSTD(1)') },
  { name: 'times and batch DoubleDelta, ZSTD(1)', columns: time('DoubleDelta, ZSTD(1)') },
  { name: "times and batch T64('bit'), ZSTD(1)", columns: time("T64('bit'), ZSTD(1)") },
  { name: 'times and batch T64', columns: time('T64') },
  { name: 'times and batch T64, ZSTD(1)', columns: time('T64, ZSTD(1)') },
  { name: 'pages String ZSTD(1)', columns: every(REPEATED, 'String CODEC(ZSTD(1))') },
  { name: 'pages String ZSTD(3)', columns: every(REPEATED, 'String CODEC(ZSTD(3))') },
  { name: 'pages LowCardinality LZ4', columns: every(REPEATED, 'LowCardinality(String)') },
  { name: 'names LowCardinality LZ4', columns: every(NAMED, 'LowCardinality(String)') },
  { name: 'ids ZSTD(3)', columns: every(IDS, 'String CODEC(ZSTD(3))') },
  { name: 'ids LowCardinality', columns: every(IDS, 'LowCardinality(String) CODEC(ZSTD(1))') },
  { name: 'ids LZ4', columns: every(IDS, 'String') },
  { name: 'properties LZ4', columns: { properties: 'JSON(max_dynamic_paths = 256)' } },
  { name: 'hashes Delta, LZ4', columns: hashes('Delta(8), LZ4') },
  { name: 'hashes ZSTD(1)', columns: hashes('ZSTD(1)') },
  { name: 'no hashes', columns: ALIASES, sortKey: 'account, toDate(occurred_at), cityHash64(visitor_id), occurred_at' },
  // Traffic that dictionaries are bad at: no page is seen twice.
  { name: 'every page once', values: ONCE },
  { name: 'every page once, pages String ZSTD(1)', values: ONCE, columns: every(REPEATED, 'String CODEC(ZSTD(1))') },
  // What is in another column already.
  {
    name: 'received_at as milliseconds after occurred_at',
    columns: { received_at: 'Int32 CODEC(T64, ZSTD(1))' },
    values: { received_at: 'toInt32(toUnixTimestamp64Milli(received_at) - toUnixTimestamp64Milli(occurred_at))' },
  },
  {
    name: 'url without scheme, host and path',
    values: {
      url: "if(startsWith(url, concat('https://', host, path)), substring(url, length(host) + length(path) + 9), url)",
    },
  },
  {
    name: 'event_id as its ten bytes behind the time',
    columns: { event_id: 'FixedString(10) CODEC(NONE)' },
    values: { event_id: 'substring(UUIDToNum(event_id), 7)' },
  },
  // Sort keys.
  {
    name: 'key with the name before the visitor',
    sortKey: 'account, toDate(occurred_at), name, visitor_hash, occurred_at',
  },
  { name: 'key by hour', sortKey: 'account, toStartOfHour(occurred_at), visitor_hash, occurred_at' },
  { name: 'key by week', sortKey: 'account, toMonday(occurred_at), visitor_hash, occurred_at' },
  { name: 'key without a time before the visitor', sortKey: 'account, visitor_hash, occurred_at' },
  { name: 'key by day and name, then time', sortKey: 'account, toDate(occurred_at), name, occurred_at' },
  { name: 'key by time alone', sortKey: 'account, occurred_at' },
  { name: 'key by page', sortKey: 'account, toDate(occurred_at), name, path, occurred_at' },
  // Shape of the files.
  { name: 'granules of 4096 rows', settings: 'index_granularity = 4096' },
  { name: 'granules of 16384 rows', settings: 'index_granularity = 16384' },
  { name: 'every part wide', settings: 'min_bytes_for_wide_part = 0' },
  { name: 'wide from 10 MiB on, the default', settings: 'min_bytes_for_wide_part = 10485760' },
  { name: 'every part compact', settings: 'min_bytes_for_wide_part = 1099511627776' },
  { name: 'without the indexes of persons', withoutIndexes: ['visitor_bloom', 'user_bloom', 'session_bloom'] },
];
