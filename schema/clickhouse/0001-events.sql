-- One row per accepted event. Plain MergeTree: nothing is collapsed or replaced later, a row is stored exactly once
-- because flush verifies what is there by `batch` before it inserts anything again. What each column costs, and what the
-- alternatives would, is in `schema/README.md`.
--
-- PARTITION BY month: retention drops whole parts, and a batch may touch 31 partitions at the most.
-- ORDER BY: every question names a period, most an account. Within a day the hash of the visitor keeps what one visitor did
--   together and in order: columns that say the same about each of his events shrink by a third, and walking one visitor's
--   path reads few granules. A name of an event is filtered by reading its column.
-- PRIMARY KEY leaves occurred_at out: it would make the index in memory larger and prune nothing further.
-- LowCardinality for every text that repeats, pages too: a row is a number of two bytes that ZSTD shrinks to one. Where each
--   row has a value of its own that costs a quarter more time at insert and no more bytes. Identifiers are plain text.
-- T64 for times and batch: within a day only their low 27 bits differ, and not in an order that a delta would find.
-- Every statistic reads occurred_at and most a hash: no ZSTD there, which costs half a byte and takes a fifth off the time.
CREATE TABLE IF NOT EXISTS events
(
    event_id UUID CODEC(ZSTD(1)),
    account LowCardinality(String) CODEC(ZSTD(1)),
    name LowCardinality(String) CODEC(ZSTD(1)),
    type LowCardinality(String) CODEC(ZSTD(1)),
    visitor_id String CODEC(ZSTD(1)),
    session_id String CODEC(ZSTD(1)),
    user_id String CODEC(ZSTD(1)),
    occurred_at DateTime64(3, 'UTC') CODEC(T64),
    received_at DateTime64(3, 'UTC') CODEC(T64, ZSTD(1)),
    time_clamped UInt8 CODEC(ZSTD(1)),
    url LowCardinality(String) CODEC(ZSTD(1)),
    host LowCardinality(String) CODEC(ZSTD(1)),
    path LowCardinality(String) CODEC(ZSTD(1)),
    title LowCardinality(String) CODEC(ZSTD(1)),
    referrer LowCardinality(String) CODEC(ZSTD(1)),
    referrer_host LowCardinality(String) CODEC(ZSTD(1)),
    utm_source LowCardinality(String) CODEC(ZSTD(1)),
    utm_medium LowCardinality(String) CODEC(ZSTD(1)),
    utm_campaign LowCardinality(String) CODEC(ZSTD(1)),
    utm_term LowCardinality(String) CODEC(ZSTD(1)),
    utm_content LowCardinality(String) CODEC(ZSTD(1)),
    click_id_type LowCardinality(String) CODEC(ZSTD(1)),
    click_id String CODEC(ZSTD(1)),
    country LowCardinality(String) CODEC(ZSTD(1)),
    region LowCardinality(String) CODEC(ZSTD(1)),
    city LowCardinality(String) CODEC(ZSTD(1)),
    timezone LowCardinality(String) CODEC(ZSTD(1)),
    browser LowCardinality(String) CODEC(ZSTD(1)),
    browser_version LowCardinality(String) CODEC(ZSTD(1)),
    os LowCardinality(String) CODEC(ZSTD(1)),
    os_version LowCardinality(String) CODEC(ZSTD(1)),
    device LowCardinality(String) CODEC(ZSTD(1)),
    screen LowCardinality(String) CODEC(ZSTD(1)),
    language LowCardinality(String) CODEC(ZSTD(1)),
    bot LowCardinality(String) CODEC(ZSTD(1)),
    ip String CODEC(ZSTD(1)),
    revenue Decimal(18, 4) CODEC(ZSTD(1)),
    currency LowCardinality(String) CODEC(ZSTD(1)),
    -- Sub-columns per key: 5 to 9 times faster to query than text. 256 of them per part; further keys share storage.
    -- The guard in validate keeps the number of distinct keys bounded, without it hostile keys make merges crawl.
    properties JSON(max_dynamic_paths = 256) CODEC(ZSTD(1)),
    -- The sealed batch that brought the row. Numbers grow, so the minmax index finds a batch in milliseconds.
    batch UInt64 CODEC(T64, ZSTD(1)),
    -- What visitors and sessions are counted by, in less than half the time that their texts take. Filled in by ClickHouse.
    visitor_hash UInt64 MATERIALIZED cityHash64(visitor_id) CODEC(LZ4),
    session_hash UInt64 MATERIALIZED cityHash64(session_id) CODEC(LZ4),

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
PRIMARY KEY (account, toDate(occurred_at), visitor_hash)
ORDER BY (account, toDate(occurred_at), visitor_hash, occurred_at)
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
    old_parts_lifetime = 480,
    -- A batch is written as one file. As a wide part it is a hundred and more, each with a buffer of a megabyte: two thirds of
    -- the engine's time for an insert and 200 MB, 560 MB with many keys. Bytes are before compression; merges pass them soon.
    min_bytes_for_wide_part = 134217728;
