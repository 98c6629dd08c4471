import { describe, expect, it } from 'vitest';
import { EventHints } from '../../../daemon/validate/hints.ts';
import { validate } from '../../../daemon/validate/validate.ts';
import { COLUMNS } from '../../../src/event/columns.ts';
import { type Event, emptyEvent } from '../../../src/event/event.ts';
import { isRejection, REJECTION_REASONS, type Rejection } from '../../../src/event/rejection.ts';
import { fc, propertyRuns } from '../../support/property.ts';

const hints = new EventHints();

function accepted(raw: unknown): Event {
  const result = validate(raw, hints);
  if (isRejection(result)) throw new Error(`rejected: ${JSON.stringify(result)}`);
  return result;
}

function rejected(raw: unknown): Rejection {
  const result = validate(raw, hints);
  if (!isRejection(result)) throw new Error('accepted');
  return result;
}

describe('validate', () => {
  it('turns a complete event into a row with every field in its place', () => {
    const event = accepted({
      event_id: '0192F1B0-1111-7ABC-8DEF-0123456789AB',
      account: 'shop',
      name: 'purchase',
      type: 'server',
      visitor_id: 'v1',
      session_id: 's1',
      user_id: 'u1',
      occurred_at: '2026-01-31T09:30:00.250Z',
      url: 'https://Shop.example/a?b=C',
      host: 'shop.example',
      path: '/a',
      title: 'Ärmel',
      referrer: 'https://ref.example/',
      utm_source: 'News',
      utm_medium: 'mail',
      utm_campaign: 'c',
      utm_term: 't',
      utm_content: 'k',
      click_id: 'x',
      click_id_type: 'gclid',
      timezone: 'Europe/Berlin',
      screen: '1920x1080',
      language: 'de-DE',
      revenue: 19.99,
      currency: 'eur',
      properties: { plan: 'pro' },
    });
    expect(event).toEqual({
      ...emptyEvent(),
      event_id: '0192f1b0-1111-7abc-8def-0123456789ab',
      has_client_id: true,
      account: 'shop',
      name: 'purchase',
      type: 'server',
      visitor_id: 'v1',
      session_id: 's1',
      user_id: 'u1',
      occurred_at: Date.UTC(2026, 0, 31, 9, 30, 0, 250),
      url: 'https://Shop.example/a?b=C',
      host: 'shop.example',
      path: '/a',
      title: 'Ärmel',
      referrer: 'https://ref.example/',
      utm_source: 'News',
      utm_medium: 'mail',
      utm_campaign: 'c',
      utm_term: 't',
      utm_content: 'k',
      click_id: 'x',
      click_id_type: 'gclid',
      timezone: 'Europe/Berlin',
      screen: '1920x1080',
      language: 'de-DE',
      revenue: 199_900,
      currency: 'EUR',
      properties: '{"plan":"pro"}',
    });
  });

  it('needs nothing but a name', () => {
    const event = accepted({ name: 'ping' });
    expect(event).toEqual({ ...emptyEvent(), name: 'ping', account: 'default' });
    expect(rejected({})).toMatchObject({ reason: 'missing', field: 'name' });
    expect(rejected({ name: '' })).toMatchObject({ reason: 'missing', field: 'name' });
    expect(rejected({ name: null })).toMatchObject({ reason: 'missing', field: 'name' });
  });

  it.each([null, undefined, 1, 'text', true, [], [{ name: 'a' }]])('refuses %j, which is no object', (raw) => {
    expect(rejected(raw)).toMatchObject({ reason: 'not_an_object', field: '' });
  });

  it('keeps the last limit of a text and refuses one byte more, counted in UTF-8', () => {
    for (const { name, maxBytes } of COLUMNS) {
      if (!['account', 'name', 'type', 'user_id', 'url', 'title', 'utm_term', 'screen', 'click_id'].includes(name))
        continue;
      const full = 'x'.repeat(maxBytes);
      expect(accepted({ name: 'n', [name]: full })).toMatchObject({ [name]: full });
      const refusal = { reason: 'too_long', field: name, limit: maxBytes };
      expect(rejected({ name: 'n', [name]: `${full}x` })).toMatchObject(refusal);
      expect(rejected({ name: 'n', [name]: 'é'.repeat(maxBytes / 2 + 1) })).toMatchObject(refusal);
      expect(accepted({ name: 'n', [name]: 'é'.repeat(Math.floor(maxBytes / 2)) })).toBeDefined();
    }
  });

  it('takes a number where text is wanted, as long as JSON kept all of its digits', () => {
    expect(accepted({ name: 'n', user_id: 42 }).user_id).toBe('42');
    expect(accepted({ name: 404 }).name).toBe('404');
    expect(rejected({ name: 'n', user_id: 2 ** 53 })).toMatchObject({
      reason: 'out_of_range',
      field: 'user_id',
    });
    expect(rejected({ name: 'n', user_id: Number.POSITIVE_INFINITY })).toMatchObject({ reason: 'out_of_range' });
  });

  it.each([[['a']], [{ a: 1 }], [true], [[]]])('refuses %j where text is wanted', (value) => {
    for (const field of ['name', 'account', 'user_id', 'url', 'ip', 'user_agent', 'event_id', 'currency', 'country']) {
      expect(rejected({ name: 'n', [field]: value })).toMatchObject({ reason: 'wrong_type', field });
    }
  });

  it('takes an event_id of any version in either case and nothing else', () => {
    expect(accepted({ name: 'n', event_id: '' }).has_client_id).toBe(false);
    expect(accepted({ name: 'n', event_id: '00000000-0000-0000-0000-000000000000' }).has_client_id).toBe(true);
    for (const bad of [
      'x',
      '0192f1b011117abc8def0123456789ab',
      '0192f1b0-1111-7abc-8def-0123456789ag',
      `{${'a'.repeat(34)}}`,
    ]) {
      expect(rejected({ name: 'n', event_id: bad })).toMatchObject({ reason: 'bad_format', field: 'event_id' });
    }
    expect(rejected({ name: 'n', event_id: 7 })).toMatchObject({ reason: 'wrong_type', field: 'event_id' });
  });

  it('makes text well-formed and free of NUL', () => {
    expect(accepted({ name: 'a\0b', title: 'x\ud800y' })).toMatchObject({ name: 'a\ufffdb', title: 'x\ufffdy' });
  });

  it.each(['EURO', 'EU', 'E1R', '€€€', '\u212aEU'])('refuses the currency %j', (currency) => {
    expect(rejected({ name: 'n', currency })).toMatchObject({ reason: 'bad_format', field: 'currency' });
  });

  it('folds names that are no field into the properties, under the same guard', () => {
    const event = accepted({
      name: 'n',
      plan: 'pro',
      cart: { items: 2 },
      browser: 'own',
      properties: { plan: 'team' },
    });
    expect(JSON.parse(event.properties)).toEqual({ plan: 'team', 'cart.items': 2, browser: 'own' });
    expect(event.browser).toBe('');
    const first = accepted(JSON.parse('{"properties":{"plan":"team"},"plan":"pro","name":"n"}'));
    expect(first.properties).toBe('{"plan":"team"}');
    expect(rejected({ name: 'n', ['k'.repeat(129)]: 1 })).toMatchObject({ reason: 'too_long', limit: 128 });
  });

  it('keeps what only a trusted sender may claim out of the event and in the hints', () => {
    const event = accepted({
      name: 'n',
      ip: '203.0.113.9',
      user_agent: 'UA',
      country: 'de',
      region: 'Berlin',
      city: 'Berlin',
    });
    expect(event).toEqual({ ...emptyEvent(), name: 'n', account: 'default' });
    expect(hints).toMatchObject({
      ip: '203.0.113.9',
      userAgent: 'UA',
      country: 'DE',
      region: 'Berlin',
      city: 'Berlin',
    });
    accepted({ name: 'n' });
    expect(hints).toMatchObject({ ip: '', userAgent: '', country: '', region: '', city: '', leaves: { count: 0 } });
  });

  it('cannot be brought to change a prototype', () => {
    const event = accepted(
      JSON.parse('{"name":"n","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"properties":{}}'),
    );
    expect(event.properties).toBe('{}');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('answers any JSON with an event within all limits or with a reason of the list', () => {
    const key = fc.oneof(
      fc.constantFrom('name', 'user_id', 'url', 'revenue', 'occurred_at', 'event_id', 'properties', 'country', 'ip'),
      fc.string({ unit: 'binary' }),
    );
    const value = fc.oneof(fc.jsonValue(), fc.string({ unit: 'binary', maxLength: 200 }), fc.double());
    fc.assert(
      fc.property(fc.dictionary(key, value), (raw) => {
        const result = validate({ name: 'n', ...raw }, hints);
        if (isRejection(result)) {
          expect(REJECTION_REASONS).toHaveProperty(result.reason);
          expect(result.message).toMatch(/^[\x20-\x7e]*$/);
          expect(result.field).toMatch(/^[\x20-\x7e]*$/);
          return;
        }
        for (const { name, blockType, maxBytes } of COLUMNS) {
          if (blockType !== 'String') continue;
          const text = result[name] as string;
          expect(text.isWellFormed()).toBe(true);
          expect(Buffer.byteLength(text)).toBeLessThanOrEqual(maxBytes);
        }
        expect(Number.isSafeInteger(result.revenue)).toBe(true);
      }),
      { numRuns: propertyRuns(500) },
    );
  });
});
