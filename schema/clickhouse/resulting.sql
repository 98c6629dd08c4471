-- What the numbered files add up to, as ClickHouse writes it. Not applied; compared in a test.

CREATE TABLE events
(
    `event_id` UUID CODEC(ZSTD(1)),
    `account` LowCardinality(String),
    `name` LowCardinality(String),
    `type` LowCardinality(String),
    `visitor_id` String CODEC(ZSTD(1)),
    `session_id` String CODEC(ZSTD(1)),
    `user_id` String CODEC(ZSTD(1)),
    `occurred_at` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    `received_at` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    `time_clamped` UInt8 CODEC(ZSTD(1)),
    `url` String CODEC(ZSTD(1)),
    `host` LowCardinality(String),
    `path` String CODEC(ZSTD(1)),
    `title` String CODEC(ZSTD(1)),
    `referrer` String CODEC(ZSTD(1)),
    `referrer_host` String CODEC(ZSTD(1)),
    `utm_source` LowCardinality(String),
    `utm_medium` LowCardinality(String),
    `utm_campaign` LowCardinality(String),
    `utm_term` String CODEC(ZSTD(1)),
    `utm_content` String CODEC(ZSTD(1)),
    `click_id_type` LowCardinality(String),
    `click_id` String CODEC(ZSTD(1)),
    `country` LowCardinality(String),
    `region` LowCardinality(String),
    `city` LowCardinality(String),
    `timezone` LowCardinality(String),
    `browser` LowCardinality(String),
    `browser_version` LowCardinality(String),
    `os` LowCardinality(String),
    `os_version` LowCardinality(String),
    `device` LowCardinality(String),
    `screen` LowCardinality(String),
    `language` LowCardinality(String),
    `bot` LowCardinality(String),
    `ip` String CODEC(ZSTD(1)),
    `revenue` Decimal(18, 4) CODEC(ZSTD(1)),
    `currency` LowCardinality(String),
    `properties` JSON(max_dynamic_paths = 256),
    `batch` UInt64 CODEC(Delta(8), ZSTD(1)),
    INDEX batch_minmax batch TYPE minmax GRANULARITY 1,
    INDEX received_minmax received_at TYPE minmax GRANULARITY 1,
    INDEX visitor_bloom visitor_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX user_bloom user_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX session_bloom session_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(occurred_at)
PRIMARY KEY (account, toDate(occurred_at), name, cityHash64(visitor_id))
ORDER BY (account, toDate(occurred_at), name, cityHash64(visitor_id), occurred_at)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1, old_parts_lifetime = 480, index_granularity = 8192;

CREATE TABLE schema_migrations
(
    `number` UInt32,
    `name` String,
    `sha256` String,
    `applied_at` DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree
ORDER BY number
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, index_granularity = 8192;
