import type { FastifyInstance } from 'fastify';
import type { Account } from '../../src/access/account.ts';
import type {
  AccountChange,
  AccountList,
  AccountsImported,
  AuditEntry,
  KeyList,
  KeyMade,
  KeyRevoked,
  KeyWish,
} from '../../src/control/access.ts';

export interface AccessHandlers {
  accounts(): AccountList;
  account(id: string): Account;
  addAccount(wish: unknown): AccountChange;
  changeAccount(id: string, patch: object): AccountChange;
  removeAccount(id: string): AccountChange;
  importAccounts(wishes: readonly unknown[]): AccountsImported;
  keys(): KeyList;
  createKey(wish: KeyWish): KeyMade;
  rotateKey(id: string, overlapMs: number): KeyMade;
  revokeKey(id: string): KeyRevoked;
  audit(rowsMax: number): readonly AuditEntry[];
}

/** 100,000 accounts with a handful of origins each. */
const IMPORT_BYTES_MAX = 64 * 1024 * 1024;
const AUDIT_ROWS = 100;

/** Routes of accounts and keys; see `src/control/protocol.ts`. An id stands in the body or, encoded, in the path. */
export function accessRoutes(app: FastifyInstance, access: AccessHandlers): void {
  app.get('/accounts', () => access.accounts());
  app.get<Id>('/accounts/:id', ({ params }) => access.account(params.id));
  app.post<{ Body: object }>('/accounts', { schema: { body: OBJECT } }, ({ body }) => access.addAccount(body));
  app.post<{ Body: { accounts: unknown[] } }>(
    '/accounts/import',
    { bodyLimit: IMPORT_BYTES_MAX, schema: { body: IMPORT } },
    ({ body }) => access.importAccounts(body.accounts),
  );
  app.post<Id & { Body: object }>('/accounts/:id/change', { schema: { body: OBJECT } }, ({ params, body }) =>
    access.changeAccount(params.id, body as object),
  );
  app.post<Id>('/accounts/:id/remove', ({ params }) => access.removeAccount(params.id));
  app.get('/keys', () => access.keys());
  app.post<{ Body: KeyWish }>('/keys', { schema: { body: OBJECT } }, ({ body }) => access.createKey(body));
  app.post<Id & { Body: { overlapMs: number } }>('/keys/:id/rotate', { schema: { body: ROTATE } }, ({ params, body }) =>
    access.rotateKey(params.id, body.overlapMs),
  );
  app.post<Id>('/keys/:id/revoke', ({ params }) => access.revokeKey(params.id));
  app.get<{ Querystring: { limit?: number } }>('/audit', { schema: { querystring: LIMIT } }, ({ query }) => ({
    entries: access.audit(query.limit ?? AUDIT_ROWS),
  }));
}

interface Id {
  Params: { id: string };
}

const OBJECT = { type: 'object' } as const;
const IMPORT = {
  type: 'object',
  required: ['accounts'],
  properties: { accounts: { type: 'array', maxItems: 100_000 } },
} as const;
const ROTATE = {
  type: 'object',
  required: ['overlapMs'],
  properties: { overlapMs: { type: 'integer', minimum: 0, maximum: 365 * 86_400_000 } },
} as const;
const LIMIT = { type: 'object', properties: { limit: { type: 'integer', minimum: 1, maximum: 1_000 } } } as const;
