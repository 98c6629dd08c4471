import { describe, expect, test } from 'vitest';
import { PROFILES } from '../../../../src/loadtest/plan/plan.ts';
import { encodeRequest } from '../../../../src/loadtest/profile/encode.ts';
import { eventAt, type TrafficEvent } from '../../../../src/loadtest/profile/event.ts';
import { eventId } from '../../../../src/loadtest/profile/event-id.ts';
import { requestAt, requestOf } from '../../../../src/loadtest/profile/requests.ts';
import { deviceOf } from '../../../../src/loadtest/profile/visitor.ts';
import { samplePlan } from '../../../support/load-plan.ts';
import { fc } from '../../../support/property.ts';

const AT = 1_760_000_000_123;
const profile = fc.constantFrom(...PROFILES);

/** Events as they go over the wire, parsed. */
function wireOf(plan: ReturnType<typeof samplePlan>, k: number): Record<string, unknown>[] {
  const parsed: unknown = JSON.parse(encodeRequest(plan, requestAt(plan, k), AT).body);
  return (Array.isArray(parsed) ? parsed : [parsed]) as Record<string, unknown>[];
}

/** What an event of `/v1/events` must say: every field of it that is not empty. */
function asSent(event: TrafficEvent, id: string): Record<string, unknown> {
  const { account, name, type, visitor_id, user_id, url, title, referrer, screen, language, timezone, currency } =
    event;
  const texts = {
    account,
    name,
    type,
    visitor_id,
    user_id,
    url,
    title,
    referrer,
    screen,
    language,
    timezone,
    currency,
  };
  return {
    ...Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== '')),
    ...(event.revenue !== 0 && { revenue: event.revenue / 10_000 }),
    ...(event.properties !== '{}' && { properties: JSON.parse(event.properties) as object }),
    event_id: id,
    occurred_at: AT,
  };
}

describe('an event', () => {
  test('is the same whenever it is asked for, from whichever copy of the plan', () => {
    fc.assert(
      fc.property(profile, fc.nat(2 ** 32 - 1), fc.nat(2 ** 32 - 1), (profile, n, other) => {
        const plan = samplePlan({ profile, sizes: [1, 5] });
        const event = eventAt(plan, n);
        eventAt(plan, other);
        expect(eventAt({ ...plan }, n)).toEqual(event);
        const request = requestAt(plan, requestOf(plan, n));
        expect(encodeRequest({ ...plan }, request, AT)).toEqual(encodeRequest(plan, request, AT));
      }),
    );
  });

  test('is another with another seed or in another run', () => {
    const texts = [samplePlan(), samplePlan({ seed: 1 }), samplePlan({ run: '00000000' })].map((plan) =>
      JSON.stringify(Array.from({ length: 20 }, (_, n) => eventAt(plan, n).visitor_id)),
    );
    expect(new Set(texts).size).toBe(3);
  });

  test('holds nothing that JSON escapes and properties in the order of their keys, so its text is its wire', () => {
    const plan = samplePlan();
    for (let n = 0; n < 20_000; n++) {
      const event = eventAt(plan, n);
      const keys = Object.keys(JSON.parse(event.properties) as object);
      expect(keys).toEqual([...keys].sort());
      expect(JSON.stringify(JSON.parse(event.properties))).toBe(event.properties);
      for (const text of Object.values(event)) {
        if (typeof text === 'string' && text !== event.properties) expect(JSON.stringify(text)).toBe(`"${text}"`);
      }
    }
  });
});

describe('over the wire', () => {
  test('an event in TrackFlow’s own words says everything it is', () => {
    const plan = samplePlan({ badRate: 0 });
    for (let n = 0; n < 2_000; n++) expect(wireOf(plan, n)).toEqual([asSent(eventAt(plan, n), eventId(plan, n, AT))]);
  });

  test('a batch is an array of its events, and one event stands alone', () => {
    const plan = samplePlan({ badRate: 0, profile: 'websocket', sizes: [1, 3] });
    expect(encodeRequest(plan, requestAt(plan, 0), AT)).toMatchObject({ path: '/v1/ws', body: /^\{/ });
    const indices = [1, 2, 3];
    expect(wireOf(plan, 1)).toEqual(indices.map((n) => asSent(eventAt(plan, n), eventId(plan, n, AT))));
  });

  test('the other dialects say what they have words for', () => {
    const plan = samplePlan({ badRate: 0, profile: 'mixed' });
    const find = (dialect: string) =>
      Array.from({ length: 500 }, (_, k) => k).find((k) => requestAt(plan, k).dialect === dialect)!;
    const [tracked, data] = [find('track'), find('account')];

    const action = eventAt(plan, tracked);
    expect(encodeRequest(plan, requestAt(plan, tracked), AT).path).toBe('/track');
    expect(wireOf(plan, tracked)).toEqual([
      {
        user_id: expect.stringMatching(/^user-\d{7}$/),
        action: action.name,
        account: action.account,
        event_id: eventId(plan, tracked, AT),
        occurred_at: AT,
        ...(JSON.parse(action.properties) as object),
      },
    ]);
    const told = eventAt(plan, data);
    expect(encodeRequest(plan, requestAt(plan, data), AT).path).toBe('/');
    expect(told).toMatchObject({ name: 'data', type: '', visitor_id: '', url: '' });
    expect(wireOf(plan, data)).toEqual([
      { account_id: told.account, event_id: eventId(plan, data, AT), ...(JSON.parse(told.properties) as object) },
    ]);
  });
});

describe('the traffic looks like real traffic', () => {
  const plan = samplePlan({ stages: [{ fromRate: 100, toRate: 100, durationMs: 1_000_000 }] });
  const events = Array.from({ length: 100_000 }, (_, n) => eventAt(plan, n));
  const shareOf = (is: (event: TrafficEvent) => boolean) => events.filter(is).length / events.length;
  const byVisitor = Map.groupBy(events, ({ visitor_id }) => visitor_id);

  test('it is of three accounts, and as many events as asked for are bad', () => {
    expect([...new Set(events.map(({ account }) => account))].sort()).toEqual(
      ['app', 'blog', 'shop'].map((site) => `loadtest-0a1b2c3d-${site}`),
    );
    expect(shareOf(({ expected }) => expected === 'rejected')).toBeCloseTo(0.02, 2);
  });

  test('visitors come for one page or many, and keep their account, device and place', () => {
    const lengths = [...byVisitor.values()].map(({ length }) => length);
    expect(lengths.filter((length) => length === 1).length / lengths.length).toBeGreaterThan(0.2);
    expect(Math.max(...lengths)).toBeGreaterThan(15);
    expect(events.length / lengths.length).toBeGreaterThan(3);
    for (const visit of byVisitor.values()) {
      const kept = visit.map(({ account, screen, language, timezone }) => [account, screen, language, timezone].join());
      expect(new Set(kept).size).toBe(1);
    }
  });

  test('a purchase follows a cart and a checkout of the same visitor, and has an amount in a currency', () => {
    const purchases = events.filter(({ name }) => name === 'purchase');
    expect(purchases.length).toBeGreaterThan(200);
    for (const purchase of purchases) {
      expect(purchase.revenue).toBeGreaterThan(0);
      expect(purchase.revenue % 100).toBe(0);
      expect(purchase.currency).toMatch(/^[A-Z]{3}$/);
    }
    const complete = purchases.filter(({ visitor_id, n }) => {
      const before = byVisitor.get(visitor_id)!.filter((event) => event.n < n);
      return before.some(({ name }) => name === 'add_to_cart') && before.some(({ name }) => name === 'begin_checkout');
    });
    // Sessions that had begun before the run are there with their end only.
    expect(complete.length / purchases.length).toBeGreaterThan(0.9);
  });

  test('few pages get most of the views, and many get some', () => {
    const views = events.filter(({ name }) => name === 'pageview').map(({ url }) => url.split('?')[0]!);
    const counts = [...Map.groupBy(views, (url) => url).values()].map(({ length }) => length).sort((a, b) => b - a);
    const sum = (some: readonly number[]) => some.reduce((total, count) => total + count, 0);
    expect(counts.length).toBeGreaterThan(500);
    expect(sum(counts.slice(0, counts.length / 10)) / views.length).toBeGreaterThan(0.5);
  });

  test('people come from campaigns with click ids and from other sites, and some are bots', () => {
    expect(shareOf(({ url }) => url.includes('utm_campaign='))).toBeGreaterThan(0.01);
    expect(shareOf(({ url }) => /[?&](gclid|fbclid|msclkid)=/.test(url))).toBeGreaterThan(0.005);
    expect(shareOf(({ referrer }) => referrer.startsWith('https://www.google.com/'))).toBeGreaterThan(0.02);
    const bots = Array.from({ length: 5_000 }, (_, k) => requestAt(plan, k)).filter(({ userAgent }) =>
      /bot|facebookexternalhit|Headless/i.test(userAgent),
    );
    expect(bots.length / 5_000).toBeGreaterThan(0.015);
    expect(bots.length / 5_000).toBeLessThan(0.08);
  });

  test('the user agent of a request is that of its first visitor', () => {
    const agents = new Map<string, string>();
    for (let k = 0; k < 5_000; k++) {
      const { first, userAgent } = requestAt(plan, k);
      const { visitor_id, screen } = events[first]!;
      expect(agents.get(visitor_id) ?? userAgent).toBe(userAgent);
      agents.set(visitor_id, userAgent);
      const visitor = Number.parseInt(visitor_id.slice(0, 8), 16);
      expect(deviceOf(visitor).userAgent).toBe(userAgent);
      expect(deviceOf(visitor).screens).toContain(screen);
    }
  });
});
