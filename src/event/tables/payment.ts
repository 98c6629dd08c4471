import type { Table } from '../table.ts';

/**
 * A payment or a refund: a row of the table `payments`, all columns but `batch`. Amounts are ten-thousandths of one unit
 * of `currency` (Decimal(18, 4)), safe integers; a refund has a negative `amount`. An absent text is the empty string.
 */
export interface Payment {
  /** Derived from account, order and line, so that the same payment has the same id; random without an order. */
  payment_id: string;
  has_client_id: boolean;
  account: string;
  order_id: string;
  invoice_id: string;
  user_id: string;
  visitor_id: string;
  session_id: string;
  /** Milliseconds since the epoch, UTC. When the sender said nothing plausible it is `received_at`. */
  paid_at: number;
  received_at: number;
  amount: number;
  /** ISO 4217, upper case; empty when not given. Amounts without a currency are a currency of their own. */
  currency: string;
  product: string;
  product_id: string;
  quantity: number;
  price: number;
  discount: number;
  cost: number;
  margin: number;
  tax: number;
  commission: number;
  fees: number;
  subtotal: number;
  total: number;
  /** How it was paid. */
  method: string;
  country: string;
  region: string;
  campaign_id: string;
  referral_code: string;
  /** JSON object as text: what has no column. */
  properties: string;
}

type Name = Exclude<keyof Payment, 'has_client_id'>;

const text = (name: Name, maxBytes: number) => ({ name, blockType: 'String', maxBytes }) as const;
const decimal = (name: Name) => ({ name, blockType: 'Decimal(18, 4)', maxBytes: 24 }) as const;
const time = (name: Name) => ({ name, blockType: "DateTime64(3, 'UTC')", maxBytes: 40 }) as const;

/** `received_at` comes first of the times: what a sender says of the past must not open partitions. */
export const PAYMENTS: Table<Payment> = {
  name: 'payments',
  id: 'payment_id',
  time: 'received_at',
  visitor: 'visitor_id',
  columns: [
    { name: 'payment_id', blockType: 'UUID', maxBytes: 36 },
    text('account', 64),
    text('order_id', 256),
    text('invoice_id', 256),
    text('user_id', 256),
    text('visitor_id', 128),
    text('session_id', 128),
    time('received_at'),
    time('paid_at'),
    decimal('amount'),
    text('currency', 3),
    text('product', 512),
    text('product_id', 256),
    decimal('quantity'),
    decimal('price'),
    decimal('discount'),
    decimal('cost'),
    decimal('margin'),
    decimal('tax'),
    decimal('commission'),
    decimal('fees'),
    decimal('subtotal'),
    decimal('total'),
    text('method', 64),
    text('country', 64),
    text('region', 128),
    text('campaign_id', 256),
    text('referral_code', 256),
    text('properties', 32_768),
  ],
};
