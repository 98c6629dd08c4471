-- What the numbered files add up to, as PostgreSQL describes it. Not applied; compared in a test.
-- Write it anew after adding a file: TRACKFLOW_TEST_UPDATE=1 npx vitest run test/src/postgres/schema.test.ts

CREATE TABLE trackflow.agreements (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    agreement_id uuid NOT NULL,
    account text NOT NULL,
    visitor_id text NOT NULL,
    session_id text NOT NULL,
    user_id text NOT NULL,
    received_at timestamp(3) without time zone NOT NULL,
    flags bigint NOT NULL,
    jurisdiction text NOT NULL,
    url text NOT NULL,
    country text NOT NULL,
    region text NOT NULL,
    timezone text NOT NULL,
    language text NOT NULL,
    browser text NOT NULL,
    os text NOT NULL,
    device text NOT NULL,
    ip text NOT NULL,
    properties text NOT NULL,
    batch bigint NOT NULL
);

CREATE TABLE trackflow.batches (
    target text NOT NULL,
    batch bigint NOT NULL,
    token text NOT NULL,
    month integer NOT NULL,
    rows bigint NOT NULL,
    stored_at timestamp with time zone NOT NULL DEFAULT now()
);

CREATE TABLE trackflow.events (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    event_id uuid NOT NULL,
    account text NOT NULL,
    name text NOT NULL,
    type text NOT NULL,
    visitor_id text NOT NULL,
    session_id text NOT NULL,
    user_id text NOT NULL,
    occurred_at timestamp(3) without time zone NOT NULL,
    received_at timestamp(3) without time zone NOT NULL,
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
    revenue numeric(18,4) NOT NULL,
    currency text NOT NULL,
    properties json NOT NULL,
    batch bigint NOT NULL
);

CREATE TABLE trackflow.payments (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    payment_id uuid NOT NULL,
    account text NOT NULL,
    order_id text NOT NULL,
    invoice_id text NOT NULL,
    user_id text NOT NULL,
    visitor_id text NOT NULL,
    session_id text NOT NULL,
    received_at timestamp(3) without time zone NOT NULL,
    paid_at timestamp(3) without time zone NOT NULL,
    amount numeric(18,4) NOT NULL,
    currency text NOT NULL,
    product text NOT NULL,
    product_id text NOT NULL,
    quantity numeric(18,4) NOT NULL,
    price numeric(18,4) NOT NULL,
    discount numeric(18,4) NOT NULL,
    cost numeric(18,4) NOT NULL,
    margin numeric(18,4) NOT NULL,
    tax numeric(18,4) NOT NULL,
    commission numeric(18,4) NOT NULL,
    fees numeric(18,4) NOT NULL,
    subtotal numeric(18,4) NOT NULL,
    total numeric(18,4) NOT NULL,
    method text NOT NULL,
    country text NOT NULL,
    region text NOT NULL,
    campaign_id text NOT NULL,
    referral_code text NOT NULL,
    properties text NOT NULL,
    batch bigint NOT NULL
);

CREATE TABLE trackflow.schema_migrations (
    number integer NOT NULL,
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamp with time zone NOT NULL DEFAULT now()
);

CREATE INDEX agreements_visitor ON trackflow.agreements USING btree (visitor_id) WHERE (visitor_id <> ''::text);
CREATE INDEX events_batch ON trackflow.events USING brin (batch);
CREATE INDEX events_occurred ON trackflow.events USING brin (occurred_at timestamp_minmax_multi_ops);
CREATE INDEX events_received ON trackflow.events USING brin (received_at);
CREATE INDEX events_user ON trackflow.events USING btree (user_id) WHERE (user_id <> ''::text);
CREATE INDEX payments_order ON trackflow.payments USING btree (order_id) WHERE (order_id <> ''::text);
CREATE INDEX payments_user ON trackflow.payments USING btree (user_id) WHERE (user_id <> ''::text);
CREATE INDEX payments_visitor ON trackflow.payments USING btree (visitor_id) WHERE (visitor_id <> ''::text);
CREATE UNIQUE INDEX agreements_pkey ON trackflow.agreements USING btree (id);
CREATE UNIQUE INDEX batches_pkey ON trackflow.batches USING btree (target, batch, token, month);
CREATE UNIQUE INDEX events_pkey ON trackflow.events USING btree (id);
CREATE UNIQUE INDEX payments_pkey ON trackflow.payments USING btree (id);
CREATE UNIQUE INDEX schema_migrations_pkey ON trackflow.schema_migrations USING btree (number);
CREATE VIEW trackflow.table_sizes AS SELECT (relname)::text AS name,
    n_live_tup AS rows,
    pg_total_relation_size((relid)::regclass) AS bytes
   FROM pg_stat_user_tables
  WHERE (schemaname = 'trackflow'::name);
