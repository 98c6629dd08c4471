import type { Reader } from './reader.ts';

/** One agreement of a visitor. */
export interface AgreementRow {
  readonly vid: string;
  readonly cflags: number;
  /** ISO 8601, UTC, milliseconds. */
  readonly created_at: string;
  readonly jurisdiction: string;
  readonly country: string;
  readonly region: string;
  readonly tz: string;
  readonly url: string;
}

/** Agreements of a visitor that are told at most. */
const AGREEMENTS_MAX = 100;

/** What is stored of a visitor's agreements, the newest first; nothing of the request they came with. */
export function readAgreements(reader: Reader, account: string, visitorId: string): Promise<AgreementRow[]> {
  const where = 'account = {account:String} AND visitor_id = {visitor:String}';
  return reader.query<AgreementRow>(
    `SELECT visitor_id AS vid, toFloat64(flags) AS cflags,
       concat(replaceOne(toString(received_at, 'UTC'), ' ', 'T'), 'Z') AS created_at,
       jurisdiction, country, region, timezone AS tz, url
     FROM agreements WHERE ${where}
     ORDER BY received_at DESC LIMIT ${AGREEMENTS_MAX}`,
    { account, visitor: visitorId },
    { narrow: { table: 'agreements', where } },
  );
}
