import { openNeeds } from '../../access/policy.ts';
import { type ReadsPlace, readsPlace } from '../../access/reads-place.ts';
import {
  CREDENTIALS,
  type Credential,
  type Need,
  opens,
  ROUTES,
  type Route,
  type RouteId,
  TR_ROUTES,
} from '../../access/routes.ts';
import type { Config } from '../../config/schema.ts';
import { type ConfigOfNow, configOfNow } from '../config/of-now.ts';
import type { Instance } from '../instance.ts';
import { table } from '../terminal/table.ts';

export interface RoutesReport {
  readonly schema: 'trackflow.routes/1';
  readonly routes: readonly RouteReport[];
  readonly listeners: { readonly events: string; readonly reads: string };
  /** Whose settings these are. */
  readonly of: ConfigOfNow['of'];
}

export interface RouteReport {
  readonly id: RouteId | `tr-${string}`;
  readonly methods: readonly string[];
  readonly path: string;
  readonly what: string;
  readonly needs: Route['needs'];
  /** Where it is answered: the listener of the events, that of the reads, or both. */
  readonly where: Route['where'];
  /** Who gets in, with this configuration. */
  readonly opens: Readonly<Record<Credential, boolean>>;
}

/** Who may ask which route, from the table that the router is built from: of the running daemon, else of the next start. */
export async function routesReport(instance: Instance): Promise<RoutesReport> {
  const { config, of } = await configOfNow(instance);
  const open = openNeeds(config);
  const place = readsPlace(config.reads.listen, config.listen.host)!;
  const renamed: Readonly<Partial<Record<RouteId, string>>> = {
    events: config.receive.eventsPath,
    collect: config.tracker.collectPath || config.receive.eventsPath,
    script: config.tracker.path,
  };
  const whomOf = (needs: Need) =>
    Object.fromEntries(
      CREDENTIALS.map((credential) => [credential, open.has(needs) || opens(credential, needs, false)]),
    ) as Record<Credential, boolean>;
  const routes = ROUTES.map((route): RouteReport => {
    const { id, methods, path, what, needs, where } = route;
    return { id, methods, path: renamed[id] ?? path, what, needs, where, opens: whomOf(needs) };
  });
  for (const [name, { methods, needs, what }] of Object.entries(TR_ROUTES)) {
    const path = `/tr/v1/${name}`;
    routes.push({ id: `tr-${name}`, methods, path, what, needs, where: 'events', opens: whomOf(needs) });
  }
  const events = `${config.listen.host}:${config.listen.port}`;
  return { schema: 'trackflow.routes/1', routes, listeners: { events, reads: placeText(place, config) }, of };
}

const COLUMNS = [
  { title: 'ROUTE' },
  { title: 'LISTENER' },
  ...CREDENTIALS.map((credential) => ({ title: credential === 'none' ? 'NO KEY' : credential.toUpperCase() })),
  { title: 'WHAT' },
];

export function routesScreen({ routes, listeners, of }: RoutesReport): string {
  // Where pages post is a row of its own only when it has a path of its own.
  const [events] = routes;
  const shown = routes.filter(({ id, path }) => id !== 'collect' || path !== events!.path);
  const rows = shown.map(({ methods, path, where, opens, what }) => [
    `${methods.filter((method) => method !== 'OPTIONS').join(' ')} ${path}`,
    where,
    ...CREDENTIALS.map((credential) => (opens[credential] ? 'yes' : '·')),
    what,
  ]);
  const whose = of === 'running' ? 'the running daemon' : 'the next start';
  const places = `Of ${whose}; events: ${listeners.events}, reads: ${listeners.reads}`;
  return `${table(COLUMNS, rows)}\n\n${places}\nA token of access.jwtIssuer counts as the keys whose scopes it has (trackflow:write, …). A key for some accounts\nreads those, and not status or metrics. The control socket in run/ is its owner's alone.`;
}

function placeText(place: ReadsPlace, { listen }: Config): string {
  if (place.kind === 'collector') return `${listen.host}:${listen.port}`;
  if (place.kind === 'unix') return place.path;
  return `${place.host}:${place.port === 0 ? '(a free port, see trackflow status)' : place.port}`;
}
