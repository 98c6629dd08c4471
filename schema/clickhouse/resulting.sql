-- What the numbered files add up to, as ClickHouse writes it. Not applied; compared in a test.

CREATE TABLE agreements
(
    `agreement_id` UUID CODEC(ZSTD(1)),
    `account` LowCardinality(String) CODEC(ZSTD(1)),
    `visitor_id` String CODEC(ZSTD(1)),
    `session_id` String CODEC(ZSTD(1)),
    `user_id` String CODEC(ZSTD(1)),
    `received_at` DateTime64(3, 'UTC') CODEC(T64, ZSTD(1)),
    `flags` Int64 CODEC(ZSTD(1)),
    `jurisdiction` LowCardinality(String) CODEC(ZSTD(1)),
    `url` LowCardinality(String) CODEC(ZSTD(1)),
    `country` LowCardinality(String) CODEC(ZSTD(1)),
    `region` LowCardinality(String) CODEC(ZSTD(1)),
    `timezone` LowCardinality(String) CODEC(ZSTD(1)),
    `language` LowCardinality(String) CODEC(ZSTD(1)),
    `browser` LowCardinality(String) CODEC(ZSTD(1)),
    `os` LowCardinality(String) CODEC(ZSTD(1)),
    `device` LowCardinality(String) CODEC(ZSTD(1)),
    `ip` String CODEC(ZSTD(1)),
    `properties` String CODEC(ZSTD(1)),
    `batch` UInt64 CODEC(T64, ZSTD(1)),
    INDEX batch_minmax batch TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(received_at)
ORDER BY (account, visitor_id, received_at)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1, old_parts_lifetime = 480, min_bytes_for_wide_part = 134217728, index_granularity = 8192;

CREATE TABLE events
(
    `event_id` UUID CODEC(ZSTD(1)),
    `account` LowCardinality(String) CODEC(ZSTD(1)),
    `name` LowCardinality(String) CODEC(ZSTD(1)),
    `type` LowCardinality(String) CODEC(ZSTD(1)),
    `visitor_id` String CODEC(ZSTD(1)),
    `session_id` String CODEC(ZSTD(1)),
    `user_id` String CODEC(ZSTD(1)),
    `occurred_at` DateTime64(3, 'UTC') CODEC(T64),
    `received_at` DateTime64(3, 'UTC') CODEC(T64, ZSTD(1)),
    `time_clamped` UInt8 CODEC(ZSTD(1)),
    `url` LowCardinality(String) CODEC(ZSTD(1)),
    `host` LowCardinality(String) CODEC(ZSTD(1)),
    `path` LowCardinality(String) CODEC(ZSTD(1)),
    `title` LowCardinality(String) CODEC(ZSTD(1)),
    `referrer` LowCardinality(String) CODEC(ZSTD(1)),
    `referrer_host` LowCardinality(String) CODEC(ZSTD(1)),
    `utm_source` LowCardinality(String) CODEC(ZSTD(1)),
    `utm_medium` LowCardinality(String) CODEC(ZSTD(1)),
    `utm_campaign` LowCardinality(String) CODEC(ZSTD(1)),
    `utm_term` LowCardinality(String) CODEC(ZSTD(1)),
    `utm_content` LowCardinality(String) CODEC(ZSTD(1)),
    `click_id_type` LowCardinality(String) CODEC(ZSTD(1)),
    `click_id` String CODEC(ZSTD(1)),
    `country` LowCardinality(String) CODEC(ZSTD(1)),
    `region` LowCardinality(String) CODEC(ZSTD(1)),
    `city` LowCardinality(String) CODEC(ZSTD(1)),
    `timezone` LowCardinality(String) CODEC(ZSTD(1)),
    `browser` LowCardinality(String) CODEC(ZSTD(1)),
    `browser_version` LowCardinality(String) CODEC(ZSTD(1)),
    `os` LowCardinality(String) CODEC(ZSTD(1)),
    `os_version` LowCardinality(String) CODEC(ZSTD(1)),
    `device` LowCardinality(String) CODEC(ZSTD(1)),
    `screen` LowCardinality(String) CODEC(ZSTD(1)),
    `language` LowCardinality(String) CODEC(ZSTD(1)),
    `bot` LowCardinality(String) CODEC(ZSTD(1)),
    `ip` String CODEC(ZSTD(1)),
    `revenue` Decimal(18, 4) CODEC(ZSTD(1)),
    `currency` LowCardinality(String) CODEC(ZSTD(1)),
    `properties` JSON(max_dynamic_paths = 256) CODEC(ZSTD(1)),
    `batch` UInt64 CODEC(T64, ZSTD(1)),
    `visitor_hash` UInt64 MATERIALIZED cityHash64(visitor_id) CODEC(LZ4),
    `session_hash` UInt64 MATERIALIZED cityHash64(session_id) CODEC(LZ4),
    INDEX batch_minmax batch TYPE minmax GRANULARITY 1,
    INDEX received_minmax received_at TYPE minmax GRANULARITY 1,
    INDEX visitor_bloom visitor_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX user_bloom user_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX session_bloom session_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(occurred_at)
PRIMARY KEY (account, toDate(occurred_at), visitor_hash)
ORDER BY (account, toDate(occurred_at), visitor_hash, occurred_at)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1, old_parts_lifetime = 480, min_bytes_for_wide_part = 134217728, index_granularity = 8192;

CREATE TABLE payments
(
    `payment_id` UUID CODEC(ZSTD(1)),
    `account` LowCardinality(String) CODEC(ZSTD(1)),
    `order_id` String CODEC(ZSTD(1)),
    `invoice_id` String CODEC(ZSTD(1)),
    `user_id` String CODEC(ZSTD(1)),
    `visitor_id` String CODEC(ZSTD(1)),
    `session_id` String CODEC(ZSTD(1)),
    `received_at` DateTime64(3, 'UTC') CODEC(T64, ZSTD(1)),
    `paid_at` DateTime64(3, 'UTC') CODEC(T64, ZSTD(1)),
    `amount` Decimal(18, 4) CODEC(ZSTD(1)),
    `currency` LowCardinality(String) CODEC(ZSTD(1)),
    `product` LowCardinality(String) CODEC(ZSTD(1)),
    `product_id` LowCardinality(String) CODEC(ZSTD(1)),
    `quantity` Decimal(18, 4) CODEC(ZSTD(1)),
    `price` Decimal(18, 4) CODEC(ZSTD(1)),
    `discount` Decimal(18, 4) CODEC(ZSTD(1)),
    `cost` Decimal(18, 4) CODEC(ZSTD(1)),
    `margin` Decimal(18, 4) CODEC(ZSTD(1)),
    `tax` Decimal(18, 4) CODEC(ZSTD(1)),
    `commission` Decimal(18, 4) CODEC(ZSTD(1)),
    `fees` Decimal(18, 4) CODEC(ZSTD(1)),
    `subtotal` Decimal(18, 4) CODEC(ZSTD(1)),
    `total` Decimal(18, 4) CODEC(ZSTD(1)),
    `method` LowCardinality(String) CODEC(ZSTD(1)),
    `country` LowCardinality(String) CODEC(ZSTD(1)),
    `region` LowCardinality(String) CODEC(ZSTD(1)),
    `campaign_id` String CODEC(ZSTD(1)),
    `referral_code` String CODEC(ZSTD(1)),
    `properties` String CODEC(ZSTD(1)),
    `batch` UInt64 CODEC(T64, ZSTD(1)),
    INDEX batch_minmax batch TYPE minmax GRANULARITY 1,
    INDEX visitor_bloom visitor_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX order_bloom order_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(received_at)
ORDER BY (account, user_id, visitor_id, order_id, received_at)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1, old_parts_lifetime = 480, min_bytes_for_wide_part = 134217728, index_granularity = 8192;

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
