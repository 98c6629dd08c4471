import { createHash, randomUUID } from 'node:crypto';
import { DEFAULT_ACCOUNT } from '../../src/event/limits.ts';
import type { Rejection } from '../../src/event/rejection.ts';
import { PAYMENTS, type Payment } from '../../src/event/tables/payment.ts';
import { readRevenue } from './money.ts';
import { reject, rejectOver } from './reject.ts';
import { exceedsBytes, readText } from './text.ts';
import { readTime } from './time.ts';

type TextColumn = { [Name in keyof Payment]: Payment[Name] extends string ? Name : never }[keyof Payment];
type AmountColumn = Exclude<
  { [Name in keyof Payment]: Payment[Name] extends number ? Name : never }[keyof Payment],
  'paid_at' | 'received_at'
>;

const DERIVED: readonly string[] = ['payment_id', 'currency', 'properties'];
const TEXTS = PAYMENTS.columns.filter(({ name, blockType }) => blockType === 'String' && !DERIVED.includes(name));
const AMOUNTS = PAYMENTS.columns.filter(({ blockType }) => blockType === 'Decimal(18, 4)');
const COLUMNS: ReadonlySet<string> = new Set(PAYMENTS.columns.map(({ name }) => name));
const PROPERTIES_BYTES_MAX = PAYMENTS.columns.find(({ name }) => name === 'properties')!.maxBytes;
const PAST_MS_MAX = 100 * 365 * 86_400_000;
const FUTURE_MS_MAX = 600_000;

/** How many payments of a request are alike, by what makes them so. */
export type PaymentLines = Map<string, number>;

/**
 * A raw payment in canonical names to a row, or the first reason why not. `amount` is required; a negative one is a refund.
 * Names that are no column go into `properties`.
 *
 * An order identifies its payment: account, order, invoice, product, when it was paid and whether it is a refund (and of how
 * much) make `payment_id`, so the same order sent again is a duplicate, whatever else it says. `lines` are those of the same
 * request so far: of several that are alike in all of these each is a payment. Without an order nothing makes a payment the same
 * as another.
 */
export function readPayment(
  raw: Readonly<Record<string, unknown>>,
  receivedAt: number,
  lines: PaymentLines,
): Payment | Rejection {
  const payment = emptyPayment(receivedAt);
  for (const { name, maxBytes } of TEXTS) {
    const text = readText(raw[name], name, maxBytes);
    if (typeof text !== 'string') return text;
    payment[name as TextColumn] = text;
  }
  if (payment.account === '') payment.account = DEFAULT_ACCOUNT;
  if (raw.amount === undefined || raw.amount === null || raw.amount === '')
    return reject('missing', 'amount', 'is missing');
  for (const { name } of AMOUNTS) {
    const units = readRevenue(raw[name], name);
    if (typeof units !== 'number') return units;
    payment[name as AmountColumn] = units;
  }
  const currency = readText(raw.currency, 'currency', 16);
  if (typeof currency !== 'string') return currency;
  if (!/^(?:[a-z]{3})?$/i.test(currency))
    return reject('bad_format', 'currency', 'is not a code of 3 letters like EUR');
  payment.currency = currency.toUpperCase();
  const paidAt = readTime(raw.paid_at, 'paid_at');
  if (typeof paidAt !== 'number') return paidAt;
  if (isPlausible(paidAt, receivedAt)) payment.paid_at = paidAt;
  const properties = propertiesOf(raw);
  if (typeof properties !== 'string') return properties;
  payment.properties = properties;
  if (payment.order_id !== '') {
    payment.has_client_id = true;
    payment.payment_id = identityOf(payment, Number.isNaN(paidAt) ? '' : String(paidAt), lines);
  }
  return payment;
}

/** Which payment this is. Lines that are alike are numbered, so that a request with several of them has several payments. */
function identityOf(payment: Payment, paidAt: string, lines: PaymentLines): string {
  const { account, order_id, invoice_id, product_id, product, amount } = payment;
  const refund = amount < 0 ? String(amount) : '';
  // No text holds the NUL between: it has been replaced.
  const line = [account, order_id, invoice_id, product_id || product, paidAt, refund].join('\0');
  const ordinal = lines.get(line) ?? 0;
  lines.set(line, ordinal + 1);
  const digest = createHash('sha256').update(`${line}\0${ordinal}`).digest();
  // Version 8 of RFC 9562: a UUID whose bits mean something to its maker.
  digest[6] = 0x80 | (digest[6]! & 0x0f);
  digest[8] = 0x80 | (digest[8]! & 0x3f);
  return digest.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function isPlausible(time: number, receivedAt: number): boolean {
  return time >= receivedAt - PAST_MS_MAX && time <= receivedAt + FUTURE_MS_MAX;
}

function propertiesOf(raw: Readonly<Record<string, unknown>>): string | Rejection {
  const entries = Object.entries(raw).filter(([name, value]) => !COLUMNS.has(name) && value !== null && value !== '');
  if (entries.length === 0) return '{}';
  const text = JSON.stringify(Object.fromEntries(entries));
  if (!exceedsBytes(text, PROPERTIES_BYTES_MAX)) return text;
  return rejectOver('too_large', 'properties', Buffer.byteLength(text), PROPERTIES_BYTES_MAX, 'bytes');
}

function emptyPayment(receivedAt: number): Payment {
  return {
    payment_id: randomUUID(),
    has_client_id: false,
    account: '',
    order_id: '',
    invoice_id: '',
    user_id: '',
    visitor_id: '',
    session_id: '',
    received_at: receivedAt,
    paid_at: receivedAt,
    amount: 0,
    currency: '',
    product: '',
    product_id: '',
    quantity: 0,
    price: 0,
    discount: 0,
    cost: 0,
    margin: 0,
    tax: 0,
    commission: 0,
    fees: 0,
    subtotal: 0,
    total: 0,
    method: '',
    country: '',
    region: '',
    campaign_id: '',
    referral_code: '',
    properties: '{}',
  };
}
