import type { FastifyInstance } from 'fastify';
import { BASES, type Jurisdiction, WITHOUTS } from '../../src/registry/jurisdiction.ts';
import type { Link, NewLink } from '../../src/registry/link.ts';
import type { LinkHistory } from '../../src/registry/registry.ts';

/** What the control socket may do with links and jurisdictions. */
export interface RegistryHandlers {
  links(filter: { readonly account?: string; readonly host?: string }): readonly Link[];
  putLink(link: NewLink): Link;
  showLink(from: string): LinkHistory;
  disableLink(from: string): Link;
  jurisdictions(): readonly Jurisdiction[];
  putJurisdiction(jurisdiction: Jurisdiction): Jurisdiction;
}

/** Routes of `src/control/protocol.ts` under `/links` and `/jurisdictions`. */
export function registryRoutes(app: FastifyInstance, handlers: RegistryHandlers): void {
  app.get<{ Querystring: { account?: string; host?: string } }>('/links', ({ query }) => ({
    links: handlers.links(query),
  }));
  app.post<{ Body: NewLink }>('/links', { schema: { body: LINK_BODY } }, ({ body }) => handlers.putLink(body));
  app.post<{ Body: { from: string } }>('/links/show', { schema: { body: FROM_BODY } }, ({ body }) =>
    handlers.showLink(body.from),
  );
  app.post<{ Body: { from: string } }>('/links/disable', { schema: { body: FROM_BODY } }, ({ body }) =>
    handlers.disableLink(body.from),
  );
  app.get('/jurisdictions', () => ({ jurisdictions: handlers.jurisdictions() }));
  app.post<{ Body: Jurisdiction }>('/jurisdictions', { schema: { body: JURISDICTION_BODY } }, ({ body }) =>
    handlers.putJurisdiction(body),
  );
}

const TEXT = { type: 'string', maxLength: 4_096 } as const;
const NAMES = { type: 'array', maxItems: 300, items: { type: 'string', minLength: 1, maxLength: 64 } } as const;

const LINK_BODY = {
  type: 'object',
  required: ['from', 'to', 'account'],
  properties: { from: TEXT, to: TEXT, account: { type: 'string', minLength: 1, maxLength: 64 } },
} as const;

const FROM_BODY = { type: 'object', required: ['from'], properties: { from: TEXT } } as const;

const JURISDICTION_BODY = {
  type: 'object',
  additionalProperties: false,
  required: ['code', 'name', 'regulation', 'countries', 'regions', 'basis', 'without', 'rules'],
  properties: {
    code: { type: 'string', minLength: 1, maxLength: 16 },
    name: TEXT,
    regulation: TEXT,
    countries: NAMES,
    regions: NAMES,
    basis: { type: 'string', enum: BASES },
    without: { type: 'string', enum: WITHOUTS },
    rules: TEXT,
  },
} as const;
