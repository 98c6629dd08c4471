-- What visitors agreed to, each agreement a row of its own: the table is the history, and its newest row of a visitor is what
-- holds. Plain MergeTree for the reasons that 0001-events.sql gives.
--
-- ORDER BY: the history of one visitor is the question.
CREATE TABLE IF NOT EXISTS agreements
(
    agreement_id UUID CODEC(ZSTD(1)),
    account LowCardinality(String) CODEC(ZSTD(1)),
    visitor_id String CODEC(ZSTD(1)),
    session_id String CODEC(ZSTD(1)),
    user_id String CODEC(ZSTD(1)),
    received_at DateTime64(3, 'UTC') CODEC(T64, ZSTD(1)),
    -- Flags of the site's own: which bit or level means what is its configuration.
    flags Int64 CODEC(ZSTD(1)),
    jurisdiction LowCardinality(String) CODEC(ZSTD(1)),
    url LowCardinality(String) CODEC(ZSTD(1)),
    country LowCardinality(String) CODEC(ZSTD(1)),
    region LowCardinality(String) CODEC(ZSTD(1)),
    timezone LowCardinality(String) CODEC(ZSTD(1)),
    language LowCardinality(String) CODEC(ZSTD(1)),
    browser LowCardinality(String) CODEC(ZSTD(1)),
    os LowCardinality(String) CODEC(ZSTD(1)),
    device LowCardinality(String) CODEC(ZSTD(1)),
    ip String CODEC(ZSTD(1)),
    properties String CODEC(ZSTD(1)),
    batch UInt64 CODEC(T64, ZSTD(1)),

    INDEX batch_minmax batch TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(received_at)
ORDER BY (account, visitor_id, received_at)
SETTINGS
    non_replicated_deduplication_window = 1000,
    fsync_after_insert = 1,
    fsync_part_directory = 1,
    min_rows_to_fsync_after_merge = 1,
    min_compressed_bytes_to_fsync_after_merge = 1,
    old_parts_lifetime = 480,
    min_bytes_for_wide_part = 134217728;
