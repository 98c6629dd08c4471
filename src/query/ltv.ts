import { TrackflowError } from '../errors/error.ts';
import { DEFAULT_ACCOUNT } from '../event/limits.ts';
import { Parameters } from './parameters.ts';
import type { Reader } from './reader.ts';

/** Whose payments are asked for; exactly one of the ids is not empty. */
export interface LtvParams {
  readonly account: string;
  readonly by: LtvKey;
  readonly id: string;
}

export type LtvKey = 'uid' | 'vid' | 'orid';

/** What somebody has brought in one currency, exact to four decimals. */
export interface LifetimeValue {
  readonly currency: string;
  /** Payments less refunds. */
  readonly amount: string;
  readonly paid: string;
  readonly refunded: string;
  readonly payments: number;
  readonly refunds: number;
  readonly first_paid_at: string;
  readonly last_paid_at: string;
}

const ID_BYTES_MAX = 256;
const CONDITION: Readonly<Record<LtvKey, string>> = {
  uid: 'user_id = ID',
  vid: 'visitor_id = ID',
  // An invoice is found like the order it belongs to.
  orid: '(order_id = ID OR invoice_id = ID)',
};

/** Reads `uid`, `vid` or `orid`, and `account`. Throws TF_INPUT. */
export function parseLtv(query: URLSearchParams): LtvParams {
  const unknown = [...query.keys()].find((name) => name !== 'account' && !(name in CONDITION));
  if (unknown !== undefined) {
    throw new TrackflowError('TF_INPUT', `there is no parameter ${JSON.stringify(unknown.slice(0, 64))}`, {
      hints: ['ask with one of uid, vid and orid, and account'],
    });
  }
  const given = (Object.keys(CONDITION) as LtvKey[]).filter((name) => (query.get(name) ?? '') !== '');
  const [by] = given;
  if (by === undefined || given.length > 1) {
    throw new TrackflowError(
      'TF_INPUT',
      `${given.length === 0 ? 'none' : 'more than one'} of uid, vid and orid is given; give one`,
    );
  }
  const id = query.get(by)!;
  if (Buffer.byteLength(id) > ID_BYTES_MAX) throw new TrackflowError('TF_INPUT', `${by} is over ${ID_BYTES_MAX} bytes`);
  return { account: query.get('account') || DEFAULT_ACCOUNT, by, id };
}

/**
 * Lifetime value of a user, a visitor or an order: the sum of its payments, by currency. A payment that is stored twice
 * (its order was sent again after the window of client ids) counts once, as it came first.
 */
export async function readLtv(reader: Reader, { account, by, id }: LtvParams): Promise<readonly LifetimeValue[]> {
  const parameters = new Parameters();
  const condition = CONDITION[by].replaceAll('ID', parameters.bind('String', id));
  const where = `account = ${parameters.bind('String', account)} AND ${condition}`;
  const sql = `SELECT currency, toString(sum(value)) AS amount, toString(sumIf(value, value >= 0)) AS paid,
      toString(-sumIf(value, value < 0)) AS refunded, toUInt32(countIf(value >= 0)) AS payments,
      toUInt32(countIf(value < 0)) AS refunds, ${isoTime('min')} AS first_paid_at, ${isoTime('max')} AS last_paid_at
    FROM (
      SELECT currency, amount AS value, paid_at FROM payments
      WHERE ${where}
      ORDER BY received_at, paid_at LIMIT 1 BY payment_id
    )
    GROUP BY currency ORDER BY currency`;
  return reader.query<LifetimeValue>(sql, parameters.values, { narrow: { table: 'payments', where } });
}

function isoTime(aggregate: 'min' | 'max'): string {
  return `concat(formatDateTime(${aggregate}(paid_at), '%Y-%m-%dT%H:%i:%S', 'UTC'), 'Z')`;
}
