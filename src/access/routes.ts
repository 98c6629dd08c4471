/**
 * Every route that a collector answers and who may ask it: the one table that the router is built from, `trackflow
 * routes` prints and a test walks over real sockets.
 *
 * `needs` says what a credential must be good for: `write` (events), `read` (events and statistics of its accounts),
 * `operate` (figures of the whole instance), `administer` (what leads visitors elsewhere), or nothing. `where` says which listener has the route: `events` is the
 * one that the world may reach, `reads` that of `reads.listen`; `both` stands on both where they are two.
 */
export type Need = 'nothing' | 'write' | 'read' | 'operate' | 'administer';

export interface Route {
  readonly id: RouteId;
  readonly methods: readonly ('GET' | 'POST' | 'OPTIONS')[];
  /** As by default: `receive.eventsPath`, `tracker.path` and `tracker.collectPath` rename theirs. */
  readonly path: string;
  readonly needs: Need;
  readonly where: 'events' | 'reads' | 'both';
  readonly what: string;
}

const TAKES = ['POST', 'OPTIONS'] as const;
const READS = ['GET'] as const;

const TABLE = {
  events: { methods: TAKES, path: '/v1/events', needs: 'write', where: 'events', what: 'events' },
  collect: { methods: TAKES, path: '/v1/events', needs: 'write', where: 'events', what: 'events of pages' },
  track: { methods: TAKES, path: '/track', needs: 'write', where: 'events', what: 'one action of a user' },
  account: { methods: TAKES, path: '/', needs: 'write', where: 'events', what: 'data of an account' },
  websocket: { methods: READS, path: '/v1/ws', needs: 'write', where: 'events', what: 'events over a WebSocket' },
  script: { methods: READS, path: '/trackflow.js', needs: 'nothing', where: 'events', what: 'the browser tracker' },
  health: { methods: READS, path: '/health', needs: 'nothing', where: 'both', what: 'whether events are taken' },
  ping: { methods: READS, path: '/ping', needs: 'nothing', where: 'both', what: 'pong' },
  activities: { methods: READS, path: '/activities', needs: 'read', where: 'reads', what: 'events, newest first' },
  totals: { methods: READS, path: '/v1/stats/totals', needs: 'read', where: 'reads', what: 'statistics' },
  timeseries: { methods: READS, path: '/v1/stats/timeseries', needs: 'read', where: 'reads', what: 'statistics' },
  ltv: { methods: READS, path: '/v1/ltv', needs: 'read', where: 'reads', what: 'lifetime value' },
  top: { methods: READS, path: '/v1/stats/top', needs: 'read', where: 'reads', what: 'statistics' },
  status: { methods: READS, path: '/status', needs: 'operate', where: 'reads', what: 'how the daemon is' },
  metrics: { methods: READS, path: '/metrics', needs: 'operate', where: 'reads', what: 'figures for Prometheus' },
} as const satisfies Record<string, Omit<Route, 'id'>>;

export type RouteId = keyof typeof TABLE;

const READ_ROUTES = [
  'health',
  'ping',
  'activities',
  'totals',
  'timeseries',
  'top',
  'ltv',
  'status',
  'metrics',
] as const;
/** The routes that are asked with GET and answered by the reads. */
export type ReadRouteId = (typeof READ_ROUTES)[number];

export function isReadRoute(id: RouteId): id is ReadRouteId {
  return (READ_ROUTES as readonly string[]).includes(id);
}

export const ROUTES: readonly Route[] = Object.entries(TABLE).map(([id, route]) => ({ id: id as RouteId, ...route }));

const BOTH = ['GET', 'POST', 'OPTIONS'] as const;

/**
 * The first words below `/tr/v1/`, the wire of sfproductlabs/tracker, which has paths of its own; a short link stands at any
 * other path, for everybody. Links are made with an admin key, or from this machine.
 */
export const TR_ROUTES = {
  tr: { methods: BOTH, needs: 'write', what: 'events of pages' },
  str: { methods: BOTH, needs: 'write', what: 'events of servers' },
  img: { methods: READS, needs: 'write', what: 'events by a pixel' },
  rdr: { methods: READS, needs: 'write', what: 'an event, and on to an allowed address' },
  xrdr: { methods: READS, needs: 'write', what: 'the same for pages' },
  ws: { methods: READS, needs: 'write', what: 'events over a WebSocket' },
  ltv: { methods: BOTH, needs: 'write', what: 'payments' },
  ppi: { methods: BOTH, needs: 'write', what: 'consent and jurisdictions' },
  rpi: { methods: BOTH, needs: 'administer', what: 'short links' },
} as const satisfies Record<string, Pick<Route, 'methods' | 'needs' | 'what'>>;

/** What a path below `/tr/v1/` needs, by its first word; what is not there needs no less than the others. */
export function trNeed(name: string): Need {
  return Object.hasOwn(TR_ROUTES, name) ? TR_ROUTES[name as keyof typeof TR_ROUTES].needs : 'write';
}

/** Who comes with what: a kind of key, the scope of that name in a token, or nothing. */
export const CREDENTIALS = ['none', 'write', 'server', 'read', 'admin'] as const;
export type Credential = (typeof CREDENTIALS)[number];

const GOOD_FOR: Readonly<Record<Credential, readonly Need[]>> = {
  none: ['nothing'],
  write: ['nothing', 'write'],
  server: ['nothing', 'write'],
  read: ['nothing', 'read', 'operate'],
  admin: ['nothing', 'read', 'operate', 'administer'],
};

/**
 * Whether a credential opens a route. `scoped`: it is for some accounts only, so the figures of the instance are none of
 * its business.
 */
export function opens(credential: Credential, needs: Need, scoped: boolean): boolean {
  if ((needs === 'operate' || needs === 'administer') && scoped) return false;
  return GOOD_FOR[credential].includes(needs);
}
