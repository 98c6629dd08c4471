import { isIP } from 'node:net';
import { TrackflowError } from '../../../src/errors/error.ts';
import { DEFAULT_ACCOUNT } from '../../../src/event/limits.ts';
import { isRejection } from '../../../src/event/rejection.ts';
import { AGREEMENT_COLUMN_OF } from '../../../src/event/sfpl/names.ts';
import { jurisdictionOf } from '../../../src/registry/jurisdiction.ts';
import { ONE_EVENT } from '../body/object.ts';
import { refusalOf } from '../intake.ts';
import { statusOfError } from '../respond.ts';
import type { SfplContext } from './context.ts';
import type { EventRoutes } from './events.ts';
import { type Answer, answerOf, type Exchange, JSON_TYPE, TEXT_TYPE } from './exchange.ts';
import { addObject, type Params } from './params.ts';
import { placeOf } from './place.ts';
import { hashPrivateTexts } from './private-text.ts';

const METHODS = 'GET, POST, OPTIONS';

/** `ppi/agree`, `ppi/jds`, `ppi/geoip`. */
export class PrivacyRoutes {
  readonly #context: SfplContext;
  readonly #events: EventRoutes;

  constructor(context: SfplContext, events: EventRoutes) {
    this.#context = context;
    this.#events = events;
  }

  handle(rest: string, exchange: Exchange, expectsContinue: boolean): void {
    const action = rest.replaceAll('/', '');
    const { method } = exchange.req;
    if (method === 'OPTIONS') exchange.preflight(METHODS);
    else if (action === 'agree' && method === 'POST') this.#agree(exchange, expectsContinue);
    else if (action === 'agree' && method === 'GET') void exchange.run(() => this.#agreements(exchange));
    else if (action === 'jds') void exchange.run(async () => this.#jurisdictions());
    else if (action === 'geoip') void exchange.run(async () => this.#geoIp(exchange));
    else void exchange.run(async () => text('Unknown action'));
  }

  #agree(exchange: Exchange, expectsContinue: boolean): void {
    exchange.collect(expectsContinue, ONE_EVENT, (body) => {
      void exchange.run(async () => {
        if (isRejection(body)) return text(body.message);
        const params = this.#events.params(exchange.req, '');
        params.delete('cflags');
        addObject(params, body);
        return this.#keep(params, exchange);
      });
    });
  }

  /** History first, which may be refused when there is no room; then what holds from now on. */
  async #keep(params: Params, exchange: Exchange): Promise<Answer> {
    const { config, registry, readAgreement, locate, timezones, agreements, storeIp } = this.#context;
    const { sender } = exchange;
    hashPrivateTexts(params, config.privateHashPrefix, registry.hashKey);
    const place = placeOf(params, sender.ip, locate, timezones);
    const raw: Record<string, unknown> = Object.create(null);
    for (const [name, value] of params) raw[AGREEMENT_COLUMN_OF.get(name) ?? name] = value;
    raw.country = place.country;
    raw.region = place.region;
    raw.jurisdiction = jurisdictionOf(registry.jurisdictions(), place.country, place.region)?.code;
    raw.ip = storeIp ? sender.ip : '';
    raw.language ??= sender.language;
    const read = readAgreement(raw, sender.receivedAt);
    const agreement = isRejection(read) ? read : (sender.grant?.admit(read) ?? read);
    if (isRejection(agreement)) {
      this.#context.parts.counters.add(`events_rejected_total{reason="${agreement.reason}"}`);
      return text(agreement.message);
    }
    const committed = await agreements.commit([agreement]);
    if (!committed.ok) return answerOf(refusalOf(committed), () => ({ status: 200 }));
    const { account, visitor_id: visitorId, flags, received_at: at } = agreement;
    await registry.ask({ ask: 'agree', account, visitorId, flags, at });
    return { status: 200 };
  }

  /** What is on record of a visitor, the newest first. What is not in the table yet is told as well. */
  async #agreements(exchange: Exchange): Promise<Answer> {
    const query = new URLSearchParams(exchange.search);
    const visitorId = query.get('vid') ?? '';
    if (visitorId === '') return { status: 404, type: JSON_TYPE, body: '[]' };
    const row = { account: query.get('oid') || DEFAULT_ACCOUNT };
    const refusal = exchange.sender.grant?.admit(row);
    if (refusal !== undefined)
      return answerOf({ code: 'forbidden', message: refusal.message }, () => ({ status: 200 }));
    const { account } = row;
    const consent = await this.#context.registry.ask({ ask: 'consent', account, visitorId });
    let stored: readonly object[];
    try {
      stored = await this.#context.agreementsOf(account, visitorId);
    } catch (error) {
      if (!(error instanceof TrackflowError)) throw error;
      const body = JSON.stringify({ error: { code: error.code, message: error.message } });
      return { status: statusOfError(error.code), type: JSON_TYPE, body };
    }
    const newest = consent && new Date(consent.at).toISOString();
    const isStored = stored.some((row) => (row as { created_at?: string }).created_at === newest);
    const rows =
      newest === null || isStored
        ? stored
        : [{ vid: visitorId, cflags: consent!.flags, created_at: newest }, ...stored];
    return { status: 200, type: JSON_TYPE, body: JSON.stringify(rows) };
  }

  #jurisdictions(): Answer {
    const rows = this.#context.registry.jurisdictions().map((one, index) => ({
      code: one.code,
      name: one.name,
      regulation: one.regulation,
      compliance: one.basis,
      without_consent: one.without,
      seq: index,
      rules: one.rules,
      locs: { countries: one.countries, regions: one.regions },
    }));
    return { status: 200, type: JSON_TYPE, body: JSON.stringify(rows) };
  }

  #geoIp({ search, sender }: Exchange): Answer {
    const given = new URLSearchParams(search).get('ip');
    const ip = given ?? sender.ip;
    if (isIP(ip) === 0) return text('Bad Request (IP)');
    const network = this.#context.networkOf(ip);
    if (network === undefined) return text('Not Found (IP)');
    const { from, to, country, region, city, timezone, attribution } = network;
    const body = JSON.stringify({
      ips: from,
      ipe: to,
      iso2: country,
      country: nameOf(country),
      region,
      city,
      lat: null,
      lon: null,
      zip: '',
      tz: timezone,
      attribution,
    });
    return { status: 200, type: JSON_TYPE, body };
  }
}

const NAMES = new Intl.DisplayNames('en', { type: 'region' });

function nameOf(country: string): string {
  return country === '' ? '' : (NAMES.of(country) ?? country);
}

function text(body: string): Answer {
  return { status: 400, type: TEXT_TYPE, body };
}
