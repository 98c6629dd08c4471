-- One row per payment or refund, as schema/clickhouse/0002-payments.sql has it. Lifetime value is asked by user, visitor or order.
CREATE TABLE trackflow.payments
(
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    payment_id uuid NOT NULL,
    account text NOT NULL,
    order_id text NOT NULL,
    invoice_id text NOT NULL,
    user_id text NOT NULL,
    visitor_id text NOT NULL,
    session_id text NOT NULL,
    received_at timestamp(3) NOT NULL,
    paid_at timestamp(3) NOT NULL,
    amount numeric(18, 4) NOT NULL,
    currency text NOT NULL,
    product text NOT NULL,
    product_id text NOT NULL,
    quantity numeric(18, 4) NOT NULL,
    price numeric(18, 4) NOT NULL,
    discount numeric(18, 4) NOT NULL,
    cost numeric(18, 4) NOT NULL,
    margin numeric(18, 4) NOT NULL,
    tax numeric(18, 4) NOT NULL,
    commission numeric(18, 4) NOT NULL,
    fees numeric(18, 4) NOT NULL,
    subtotal numeric(18, 4) NOT NULL,
    total numeric(18, 4) NOT NULL,
    method text NOT NULL,
    country text NOT NULL,
    region text NOT NULL,
    campaign_id text NOT NULL,
    referral_code text NOT NULL,
    properties text NOT NULL,
    batch bigint NOT NULL
);
CREATE INDEX payments_user ON trackflow.payments (user_id) WHERE user_id <> '';
CREATE INDEX payments_visitor ON trackflow.payments (visitor_id) WHERE visitor_id <> '';
CREATE INDEX payments_order ON trackflow.payments (order_id) WHERE order_id <> '';
