import fs from 'node:fs';
import type { SourceAddress } from '../migrate/postgres/address.ts';
import { parseAddress } from '../migrate/postgres/address.ts';

/** Schema in PostgreSQL that holds everything of ours. */
export const STORE_SCHEMA = 'trackflow';

/** How the store is reached. Structured-clonable; never logged or shown, as it may hold the password. */
export interface StoreAccess {
  readonly address: SourceAddress;
  /** Null: none is needed, or PGPASSWORD and ~/.pgpass of the daemon have it. */
  readonly password: string | null;
  /** Path of a PEM file with the root to trust, for sslmode=verify-full. */
  readonly caFile: string | null;
}

/** The section `store` of the configuration. */
export interface StoreSettings {
  readonly url: string;
  readonly passwordFile: string;
  readonly caFile: string;
}

/** Where rows go that are not kept in ClickHouse; null when they are. Reads the password. Throws what reading the file gives. */
export function storeAccess({ url, passwordFile, caFile }: StoreSettings): StoreAccess | null {
  if (url === '') return null;
  return {
    address: parseAddress(url).address,
    password: passwordFile === '' ? null : fs.readFileSync(passwordFile, 'utf8').trim(),
    caFile: caFile === '' ? null : caFile,
  };
}
