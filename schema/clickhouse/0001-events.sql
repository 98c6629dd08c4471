-- One row per accepted event. Plain MergeTree: nothing is collapsed or replaced later, a row is stored exactly once
-- because flush verifies what is there by `batch` before it inserts anything again.
--
-- PARTITION BY month: retention drops whole parts, and a batch may touch 31 partitions at the most.
-- ORDER BY: every question names an account and a period, most name an event; the hash of the visitor keeps one
--   visitor's rows together, so that counting visitors and walking one visitor's path read few granules.
-- PRIMARY KEY leaves occurred_at out: it would make the index in memory larger and prune nothing further.
-- LowCardinality where fewer than about 10,000 distinct values are usual; Delta for what grows row by row.
CREATE TABLE IF NOT EXISTS events
(
    event_id UUID CODEC(ZSTD(1)),
    account LowCardinality(String),
    name LowCardinality(String),
    type LowCardinality(String),
    visitor_id String CODEC(ZSTD(1)),
    session_id String CODEC(ZSTD(1)),
    user_id String CODEC(ZSTD(1)),
    occurred_at DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    received_at DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    time_clamped UInt8 CODEC(ZSTD(1)),
    url String CODEC(ZSTD(1)),
    host LowCardinality(String),
    path String CODEC(ZSTD(1)),
    title String CODEC(ZSTD(1)),
    referrer String CODEC(ZSTD(1)),
    referrer_host String CODEC(ZSTD(1)),
    utm_source LowCardinality(String),
    utm_medium LowCardinality(String),
    utm_campaign LowCardinality(String),
    utm_term String CODEC(ZSTD(1)),
    utm_content String CODEC(ZSTD(1)),
    click_id_type LowCardinality(String),
    click_id String CODEC(ZSTD(1)),
    country LowCardinality(String),
    region LowCardinality(String),
    city LowCardinality(String),
    timezone LowCardinality(String),
    browser LowCardinality(String),
    browser_version LowCardinality(String),
    os LowCardinality(String),
    os_version LowCardinality(String),
    device LowCardinality(String),
    screen LowCardinality(String),
    language LowCardinality(String),
    bot LowCardinality(String),
    ip String CODEC(ZSTD(1)),
    revenue Decimal(18, 4) CODEC(ZSTD(1)),
    currency LowCardinality(String),
    -- Sub-columns per key: 5 to 9 times faster to query than text. 256 of them per part; further keys share storage.
    -- The guard in validate keeps the number of distinct keys bounded, without it hostile keys make merges crawl.
    properties JSON(max_dynamic_paths = 256),
    -- The sealed batch that brought the row. Numbers grow, so the minmax index finds a batch in milliseconds.
    batch UInt64 CODEC(Delta(8), ZSTD(1)),

    INDEX batch_minmax batch TYPE minmax GRANULARITY 1,
    -- /activities reads the newest by time of receipt, an hour at a time.
    INDEX received_minmax received_at TYPE minmax GRANULARITY 1,
    -- Looking up one person is rare but must not read everything: erasure, support, /activities?user_id=.
    INDEX visitor_bloom visitor_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX user_bloom user_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX session_bloom session_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(occurred_at)
PRIMARY KEY (account, toDate(occurred_at), name, cityHash64(visitor_id))
ORDER BY (account, toDate(occurred_at), name, cityHash64(visitor_id), occurred_at)
SETTINGS
    -- Off by default on plain MergeTree. Fast path only: a token is recorded before its part is in place.
    non_replicated_deduplication_window = 1000,
    -- An insert that is answered is on disk, and a merge never replaces synced parts by an unsynced one:
    -- only then may the spool forget a batch.
    fsync_after_insert = 1,
    fsync_part_directory = 1,
    min_rows_to_fsync_after_merge = 1,
    min_compressed_bytes_to_fsync_after_merge = 1,
    -- The embedded engine's default is 0: sources of a merge would vanish before the result is proven good.
    old_parts_lifetime = 480;
