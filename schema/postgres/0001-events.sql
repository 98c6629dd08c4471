-- One row per accepted event, as schema/clickhouse/0001-events.sql has it, for instances whose store is PostgreSQL. Everything
-- of ours is in the schema `trackflow`, so that it may share a database with an application that has an `events` of its own.
--
-- Times are UTC without a zone: the engine that answers questions compares them as text, whatever zone a session is in.
-- properties is json, not jsonb: what was sent is kept to the letter, and ClickHouse reads numbers from it as it would have
--   read them itself. For `@>` add your own index over (properties::jsonb).
-- id: rows get it in the order in which they are stored; a migration follows it.
-- BRIN: rows arrive in the order of their times and batches, so a few pages tell where they are, and a batch of a hundred
--   thousand rows costs no random writes. The client's own time has outliers, hence minmax_multi.
-- No unique index over event_id: a client's ids are unique within their account and for a day; what keeps a batch from being
--   stored twice is its row in `batches`.
CREATE TABLE trackflow.events
(
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id uuid NOT NULL,
    account text NOT NULL,
    name text NOT NULL,
    type text NOT NULL,
    visitor_id text NOT NULL,
    session_id text NOT NULL,
    user_id text NOT NULL,
    occurred_at timestamp(3) NOT NULL,
    received_at timestamp(3) NOT NULL,
    time_clamped smallint NOT NULL,
    url text NOT NULL,
    host text NOT NULL,
    path text NOT NULL,
    title text NOT NULL,
    referrer text NOT NULL,
    referrer_host text NOT NULL,
    utm_source text NOT NULL,
    utm_medium text NOT NULL,
    utm_campaign text NOT NULL,
    utm_term text NOT NULL,
    utm_content text NOT NULL,
    click_id_type text NOT NULL,
    click_id text NOT NULL,
    country text NOT NULL,
    region text NOT NULL,
    city text NOT NULL,
    timezone text NOT NULL,
    browser text NOT NULL,
    browser_version text NOT NULL,
    os text NOT NULL,
    os_version text NOT NULL,
    device text NOT NULL,
    screen text NOT NULL,
    language text NOT NULL,
    bot text NOT NULL,
    ip text NOT NULL,
    revenue numeric(18, 4) NOT NULL,
    currency text NOT NULL,
    properties json NOT NULL,
    batch bigint NOT NULL
);
CREATE INDEX events_received ON trackflow.events USING brin (received_at);
CREATE INDEX events_occurred ON trackflow.events USING brin (occurred_at timestamp_minmax_multi_ops);
CREATE INDEX events_batch ON trackflow.events USING brin (batch);
-- Looking up one person is rare but must not read everything: support, /activities?user_id=.
CREATE INDEX events_user ON trackflow.events (user_id) WHERE user_id <> '';

-- Which batches are in the tables: written in the transaction that stores their rows, so that one look tells whether a batch
-- is there, and a second attempt under the same token waits for the first and is swallowed when that was stored. A batch is
-- forgotten here when it has left the spool; what stays are a few rows for each table.
CREATE TABLE trackflow.batches
(
    target text NOT NULL,
    batch bigint NOT NULL,
    token text NOT NULL,
    -- YYYYMM, as the spool counts what it expects to find.
    month integer NOT NULL,
    rows bigint NOT NULL,
    stored_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (target, batch, token, month)
);

-- What the tables take, for the dashboard and the metrics; rows as PostgreSQL's statistics estimate them.
CREATE VIEW trackflow.table_sizes AS
SELECT relname::text AS name, n_live_tup AS rows, pg_total_relation_size(relid) AS bytes
FROM pg_stat_user_tables
WHERE schemaname = 'trackflow';
