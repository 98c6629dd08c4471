import type { Table } from '../table.ts';

/**
 * What a visitor agreed to at one moment: a row of the table `agreements`, all columns but `batch`. Every agreement is a row
 * of its own, so the table is the history. An absent text is the empty string.
 */
export interface Agreement {
  agreement_id: string;
  has_client_id: boolean;
  account: string;
  visitor_id: string;
  session_id: string;
  user_id: string;
  /** Milliseconds since the epoch, UTC. */
  received_at: number;
  /** What was agreed to, as flags of the site's own. */
  flags: number;
  /** Code of the jurisdiction whose rules held for the visitor. */
  jurisdiction: string;
  url: string;
  /** ISO 3166-1 alpha-2, upper case. */
  country: string;
  region: string;
  timezone: string;
  language: string;
  browser: string;
  os: string;
  device: string;
  /** Only where `privacy.storeIp` asks for it. */
  ip: string;
  /** JSON object as text: what has no column. */
  properties: string;
}

type Name = Exclude<keyof Agreement, 'has_client_id'>;

const text = (name: Name, maxBytes: number) => ({ name, blockType: 'String', maxBytes }) as const;

export const AGREEMENTS: Table<Agreement> = {
  name: 'agreements',
  id: 'agreement_id',
  time: 'received_at',
  visitor: 'visitor_id',
  columns: [
    { name: 'agreement_id', blockType: 'UUID', maxBytes: 36 },
    text('account', 64),
    text('visitor_id', 128),
    text('session_id', 128),
    text('user_id', 256),
    { name: 'received_at', blockType: "DateTime64(3, 'UTC')", maxBytes: 40 },
    { name: 'flags', blockType: 'Int64', maxBytes: 20 },
    text('jurisdiction', 16),
    text('url', 4096),
    text('country', 2),
    text('region', 128),
    text('timezone', 64),
    text('language', 35),
    text('browser', 64),
    text('os', 64),
    text('device', 32),
    text('ip', 45),
    text('properties', 32_768),
  ],
};
