import type { Config } from '../../src/config/schema.ts';
import { AGREEMENTS } from '../../src/event/tables/agreement.ts';
import { PAYMENTS } from '../../src/event/tables/payment.ts';
import type { Registry } from '../../src/registry/registry.ts';
import type { Geo } from '../enrich/geo.ts';
import type { OpenMount } from '../receive/mount.ts';
import { openSfpl } from '../receive/sfpl/sfpl.ts';
import { SpoolClient } from '../spool/client.ts';
import { readAgreement } from '../validate/agreement.ts';
import { readPayment } from '../validate/payment.ts';
import type { CollectorReads } from './collector-reads.ts';
import type { LanePorts } from './messages.ts';

const SECONDS_PER_MINUTE = 60;

/** Joins `/tr/v1` with the lanes of its rows, the steps that check them, and what it looks things up in. */
export function sfplMount(parts: {
  readonly config: Config;
  readonly lanes: LanePorts;
  readonly shards: number;
  readonly registry: Registry;
  readonly geo: Geo;
  readonly reads: CollectorReads;
}): OpenMount {
  const { config, lanes, shards, registry, geo, reads } = parts;
  return openSfpl({
    config: config.sfpl,
    storeIp: config.privacy.storeIp,
    sessionSeconds: config.events.sessionIdleMinutes * SECONDS_PER_MINUTE,
    registry,
    payments: new SpoolClient(lanes.payments!, PAYMENTS, shards),
    agreements: new SpoolClient(lanes.agreements!, AGREEMENTS, shards),
    readPayment,
    readAgreement,
    locate: (ip) => geo.locate(ip),
    networkOf: (ip) => geo.network(ip),
    agreementsOf: reads.agreements,
  });
}
