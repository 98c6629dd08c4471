-- One row per payment or refund; lifetime value is a question over them, never a second counter. Plain MergeTree and
-- verified by `batch` as events are; what a payment has brought is counted once per `payment_id` when it is asked for, so
-- that an order that is sent again after the window of client ids counts once all the same.
--
-- PARTITION BY month of receipt: what a sender says about the past opens no partition.
-- ORDER BY: lifetime value is asked by user, visitor or order of one account; the first is the key, the others have a bloom
--   filter. Ids are text as sent: a sender's ids need not be UUIDs.
-- Amounts are Decimal in the currency of their row; sums of two currencies do not exist.
CREATE TABLE IF NOT EXISTS payments
(
    payment_id UUID CODEC(ZSTD(1)),
    account LowCardinality(String) CODEC(ZSTD(1)),
    order_id String CODEC(ZSTD(1)),
    invoice_id String CODEC(ZSTD(1)),
    user_id String CODEC(ZSTD(1)),
    visitor_id String CODEC(ZSTD(1)),
    session_id String CODEC(ZSTD(1)),
    received_at DateTime64(3, 'UTC') CODEC(T64, ZSTD(1)),
    paid_at DateTime64(3, 'UTC') CODEC(T64, ZSTD(1)),
    amount Decimal(18, 4) CODEC(ZSTD(1)),
    currency LowCardinality(String) CODEC(ZSTD(1)),
    product LowCardinality(String) CODEC(ZSTD(1)),
    product_id LowCardinality(String) CODEC(ZSTD(1)),
    quantity Decimal(18, 4) CODEC(ZSTD(1)),
    price Decimal(18, 4) CODEC(ZSTD(1)),
    discount Decimal(18, 4) CODEC(ZSTD(1)),
    cost Decimal(18, 4) CODEC(ZSTD(1)),
    margin Decimal(18, 4) CODEC(ZSTD(1)),
    tax Decimal(18, 4) CODEC(ZSTD(1)),
    commission Decimal(18, 4) CODEC(ZSTD(1)),
    fees Decimal(18, 4) CODEC(ZSTD(1)),
    subtotal Decimal(18, 4) CODEC(ZSTD(1)),
    total Decimal(18, 4) CODEC(ZSTD(1)),
    method LowCardinality(String) CODEC(ZSTD(1)),
    country LowCardinality(String) CODEC(ZSTD(1)),
    region LowCardinality(String) CODEC(ZSTD(1)),
    campaign_id String CODEC(ZSTD(1)),
    referral_code String CODEC(ZSTD(1)),
    -- JSON as text: rarely asked for, and its keys are any sender's.
    properties String CODEC(ZSTD(1)),
    batch UInt64 CODEC(T64, ZSTD(1)),

    INDEX batch_minmax batch TYPE minmax GRANULARITY 1,
    INDEX visitor_bloom visitor_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX order_bloom order_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(received_at)
ORDER BY (account, user_id, visitor_id, order_id, received_at)
SETTINGS
    -- All for the reasons that 0001-events.sql gives.
    non_replicated_deduplication_window = 1000,
    fsync_after_insert = 1,
    fsync_part_directory = 1,
    min_rows_to_fsync_after_merge = 1,
    min_compressed_bytes_to_fsync_after_merge = 1,
    old_parts_lifetime = 480,
    min_bytes_for_wide_part = 134217728;
