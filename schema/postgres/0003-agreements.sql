-- What visitors agreed to, as schema/clickhouse/0003-agreements.sql has it. The history of one visitor is the question.
CREATE TABLE trackflow.agreements
(
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    agreement_id uuid NOT NULL,
    account text NOT NULL,
    visitor_id text NOT NULL,
    session_id text NOT NULL,
    user_id text NOT NULL,
    received_at timestamp(3) NOT NULL,
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
CREATE INDEX agreements_visitor ON trackflow.agreements (visitor_id) WHERE visitor_id <> '';
