import { isLoopback } from '../../../access/loopback.ts';
import { openNeeds } from '../../../access/policy.ts';
import { isLocal, readsPlace } from '../../../access/reads-place.ts';
import type { Config } from '../../../config/schema.ts';
import { plural } from '../../terminal/units.ts';
import { type Check, type Finding, fail, NO_CONFIG, NO_DAEMON, type Patient, pass, warn } from '../check.ts';

/** What the settings open, and to whom. */
export const EXPOSURE_CHECKS: readonly Check[] = [
  { id: 'events-listener', look: configured(eventsListener) },
  { id: 'events-key', look: configured(eventsKey) },
  { id: 'reads-listener', look: configured(readsListener) },
  { id: 'proxies', look: configured(proxies) },
  { id: 'limits', look: configured(limits) },
  { id: 'accounts', look: accounts },
  { id: 'keys', look: keys },
];

const DAY_MS = 86_400_000;
const UNUSED_DAYS = 90;

function configured(look: (config: Config) => Finding): (patient: Patient) => Finding {
  return ({ settings }) => (settings instanceof Error ? NO_CONFIG : look(settings));
}

function isWide({ listen }: Config): boolean {
  return !isLoopback(listen.host);
}

function hasTls({ tls }: Config): boolean {
  return tls.certFile !== '' || tls.acmeDomains.length > 0;
}

function eventsListener(config: Config): Finding {
  const { listen, receive } = config;
  const at = `events are taken at ${listen.host}:${listen.port}`;
  if (!isWide(config)) return pass(`${at}, which only this machine reaches`);
  if (hasTls(config)) return pass(`${at}, over TLS`);
  if (receive.trustedProxies.length > 0) return pass(`${at}, behind ${receive.trustedProxies.join(' ')}`);
  return warn(
    `${at} without TLS: keys and events can be read on the way`,
    'set tls.certFile and tls.keyFile, tls.acmeDomains, or put a proxy in front and name it in receive.trustedProxies',
  );
}

function eventsKey(config: Config): Finding {
  if (!openNeeds(config).has('write')) return pass('events need a key');
  if (!isWide(config)) return pass('anyone on this machine may send events');
  return fail('anyone who reaches the collector may send events', 'set access.write to auto or key');
}

function readsListener(config: Config): Finding {
  const place = readsPlace(config.reads.listen, config.listen.host)!;
  const needsKey = !openNeeds(config).has('read');
  if (isLocal(place, config.listen.host)) {
    return pass(`reads answer on this machine alone${needsKey ? ', with a key' : ''}`);
  }
  if (!needsKey) return fail('anyone who reaches the reads may read all events', 'set access.read to auto or key');
  return warn('reads are reachable from elsewhere, with a key', 'unless that is meant, leave reads.listen empty');
}

function proxies({ receive }: Config): Finding {
  const all = receive.trustedProxies.filter((network) => /\/0$/.test(network));
  if (all.length > 0) return fail(`every sender is believed as a proxy (${all.join(' ')})`, 'name your proxies alone');
  const named = receive.trustedProxies.join(' ');
  return pass(named === '' ? 'no forwarded address is believed' : `forwarded addresses are believed of ${named}`);
}

function limits(config: Config): Finding {
  const set = Object.entries(config.limits).filter(([, value]) => value > 0);
  if (set.length > 0) return pass(set.map(([name, value]) => `${name} ${value}`).join(', '));
  if (!isWide(config)) return pass('no limits, and none are needed on this machine');
  return warn('no address or account has a limit', 'set limits.addressEventsPerSecond and others of limits');
}

async function accounts({ instance, settings, status }: Patient): Promise<Finding> {
  if (status.running === undefined || settings instanceof Error) return NO_DAEMON;
  const { accounts: all } = await instance.control.accounts();
  if (all.length > 0) return pass(`${plural(all.length, 'account')}; events for others are answered 404`);
  if (!isWide(settings)) return pass('no accounts, events may be for any');
  return warn('no accounts: events may be for any', 'trackflow accounts add NAME');
}

async function keys({ instance, status, now }: Patient): Promise<Finding> {
  if (status.running === undefined) return NO_DAEMON;
  const live = (await instance.control.keys()).keys.filter(({ state }) => state === 'active');
  const secret = live.filter(({ kind }) => kind !== 'write');
  const endless = secret.filter(({ expiresAt }) => expiresAt === null);
  const lastUse = ({ lastUsedAt, createdAt }: (typeof live)[number]) => Date.parse(lastUsedAt ?? createdAt);
  const idle = live.filter((key) => now() - lastUse(key) > UNUSED_DAYS * DAY_MS);
  const seen = `${plural(live.length, 'key')}, ${secret.length} of them secret`;
  const ids = (some: typeof live) => some.map(({ id }) => id).join(' ');
  if (idle.length > 0) return warn(`${seen}; unused for ${UNUSED_DAYS} days: ${ids(idle)}`, 'trackflow keys revoke ID');
  if (endless.length > 0) return warn(`${seen}; secret and without end: ${ids(endless)}`, 'trackflow keys rotate ID');
  return pass(seen);
}
