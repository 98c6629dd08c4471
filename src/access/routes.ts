/**
 * Every route that a collector answers and who may ask it: the one table that the router is built from, `trackflow
 * routes` prints and a test walks over real sockets.
 *
 * `needs` says what a credential must be good for: `write` (events), `read` (events and statistics of its accounts),
 * `operate` (figures of the whole instance), or nothing. `where` says which listener has the route: `events` is the
 * one that the world may reach, `reads` that of `reads.listen`; `both` stands on both where they are two.
 */
export type Need = 'nothing' | 'write' | 'read' | 'operate';

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

/** Who comes with what: a kind of key, the scope of that name in a token, or nothing. */
export const CREDENTIALS = ['none', 'write', 'server', 'read', 'admin'] as const;
export type Credential = (typeof CREDENTIALS)[number];

const GOOD_FOR: Readonly<Record<Credential, readonly Need[]>> = {
  none: ['nothing'],
  write: ['nothing', 'write'],
  server: ['nothing', 'write'],
  read: ['nothing', 'read', 'operate'],
  admin: ['nothing', 'read', 'operate'],
};

/**
 * Whether a credential opens a route. `scoped`: it is for some accounts only, so the figures of the instance are none of
 * its business.
 */
export function opens(credential: Credential, needs: Need, scoped: boolean): boolean {
  if (needs === 'operate' && scoped) return false;
  return GOOD_FOR[credential].includes(needs);
}
