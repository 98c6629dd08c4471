import { describe, expect, it } from 'vitest';
import { createVisitorIds } from '../../../daemon/enrich/ids/visitor.ts';
import { browser, CHROME, createRig, IPHONE, NOON } from './rig.ts';

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const ID = /^[0-9a-f]{16}$/;

describe('enrich', () => {
  it('fills in what a browser cannot know', () => {
    const event = createRig().event({
      url: 'https://shop.example/a?utm_source=news&gclid=g1',
      referrer: 'https://ref.example/x',
    });
    expect(event).toMatchObject({
      event_id: expect.stringMatching(UUID_V7),
      visitor_id: expect.stringMatching(ID),
      session_id: expect.stringMatching(ID),
      occurred_at: NOON,
      received_at: NOON,
      time_clamped: 0,
      host: 'shop.example',
      path: '/a',
      referrer_host: 'ref.example',
      utm_source: 'news',
      click_id_type: 'gclid',
      click_id: 'g1',
      country: 'DE',
      region: 'Berlin',
      city: 'Berlin',
      timezone: 'Europe/Berlin',
      browser: 'Chrome',
      browser_version: '126',
      os: 'Windows',
      os_version: '10',
      device: 'desktop',
      language: 'de',
      bot: '',
      ip: '',
    });
  });

  it('leaves what the sender states', () => {
    const stated = {
      event_id: '0192f1b0-1111-4abc-8def-0123456789ab',
      visitor_id: 'v',
      session_id: 's',
      occurred_at: NOON - 5_000,
      host: 'own.example',
      path: '/own',
      utm_source: 'own',
      language: 'fr',
      timezone: 'Asia/Tokyo',
    };
    expect(createRig().event({ ...stated, url: 'https://a.example/b?utm_source=x' })).toMatchObject(stated);
  });

  it('gives one browser one visitor and one session, another browser or account another', () => {
    const { event } = createRig();
    const first = event({});
    const again = event({}, browser({ receivedAt: NOON + 60_000 }));
    expect(again.visitor_id).toBe(first.visitor_id);
    expect(again.session_id).toBe(first.session_id);
    expect(again.event_id).not.toBe(first.event_id);
    expect(event({}, browser({ userAgent: IPHONE })).visitor_id).not.toBe(first.visitor_id);
    expect(event({}, browser({ ip: '203.0.113.10' })).visitor_id).not.toBe(first.visitor_id);
    expect(event({ account: 'other' }).visitor_id).not.toBe(first.visitor_id);
  });

  it('derives the visitor of a late event with the salt of the day it occurred on, or of today when that is gone', () => {
    const today = Math.floor(NOON / 86_400_000);
    const both = createRig({ visitorIds: createVisitorIds((day) => `salt ${day}`) });
    const only = createRig({ visitorIds: createVisitorIds((day) => (day === today ? `salt ${day}` : undefined)) });
    const yesterday = { occurred_at: NOON - 86_400_000 };
    expect(both.event(yesterday).visitor_id).not.toBe(both.event({}).visitor_id);
    expect(only.event(yesterday).visitor_id).toBe(only.event({}).visitor_id);
  });

  it('clamps an implausible time and counts it', () => {
    const { event, counted } = createRig();
    expect(event({ occurred_at: '1999-01-01' })).toMatchObject({ occurred_at: NOON, time_clamped: 1 });
    expect(counted).toEqual(['enrich_time_clamped_total']);
  });

  it('believes claims about the visitor of a trusted sender only', () => {
    const { event } = createRig();
    const claims = { ip: '198.51.100.1', user_agent: IPHONE };
    const backend = browser({ ip: '127.0.0.1', userAgent: 'python-requests/2.31', trusted: true });
    expect(event(claims, backend)).toMatchObject({
      country: 'US',
      region: 'Ohio',
      city: 'Akron',
      os: 'iOS',
      device: 'mobile',
      bot: '',
    });
    expect(event({ ...claims, country: 'fr' }, backend)).toMatchObject({ country: 'FR', region: '', city: '' });
    const stranger = event({ ...claims, country: 'FR', city: 'Paris' });
    expect(stranger).toMatchObject({ country: 'DE', city: 'Berlin', browser: 'Chrome' });
    expect(stranger.visitor_id).toBe(event({}).visitor_id);
    expect(event({ ip: 'no address' }, backend)).toMatchObject({ country: '' });
  });

  it('keeps the address only where the operator asks for it', () => {
    expect(JSON.stringify(createRig().event({ ip: '198.51.100.1' }))).not.toMatch(/203\.0\.113\.9|198\.51/);
    const storing = { privacy: { doNotTrack: 'anonymize', globalPrivacyControl: 'ignore', storeIp: true } } as const;
    const { event } = createRig(storing);
    expect(event({}).ip).toBe('203.0.113.9');
    expect(event({ ip: '198.51.100.1' }, browser({ trusted: true })).ip).toBe('198.51.100.1');
    expect(event({}, browser({ doNotTrack: true })).ip).toBe('');
  });

  it('marks bots, or refuses them where the operator wants that', () => {
    const googlebot = browser({
      userAgent: 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
    });
    expect(createRig().event({}, googlebot).bot).toBe('crawler');
    const { run } = createRig({ events: { pastDaysMax: 730, futureMinutesMax: 10, bots: 'drop' } });
    expect(run({}, googlebot)).toMatchObject({ reason: 'bot' });
    expect(run({}, browser())).toMatchObject({ bot: '' });
    expect(run({}, browser({ userAgent: 'curl/8.5.0' }))).toMatchObject({ reason: 'bot' });
  });

  it('does not take a backend for a bot, nor its library and address for the visitor', () => {
    const { event } = createRig({ events: { pastDaysMax: 730, futureMinutesMax: 10, bots: 'drop' } });
    const backend = browser({ userAgent: 'Go-http-client/1.1' });
    const named = event({ user_id: 'u1' }, backend);
    expect(named).toMatchObject({ bot: '', browser: '', os: '', device: '', country: '' });
    expect(event({ user_id: 'u2' }, backend).visitor_id).not.toBe(named.visitor_id);
    expect(event({ user_id: 'u1' }, browser({ userAgent: '', ip: '203.0.113.77' })).visitor_id).toBe(named.visitor_id);
    expect(event({}, browser({ userAgent: 'curl/8.5.0', ip: '127.0.0.1', trusted: true }))).toMatchObject({ bot: '' });
    expect(event({ user_agent: CHROME }, backend)).toMatchObject({ bot: '', browser: '' });
  });

  it('still marks the tool that a trusted sender names as the visitor', () => {
    const backend = browser({ ip: '127.0.0.1', userAgent: 'node', trusted: true });
    expect(createRig().event({ user_agent: 'curl/8.5.0' }, backend).bot).toBe('tool');
  });

  it('has no visitor and no session where there is nothing to derive one from', () => {
    expect(createRig().event({}, browser({ ip: '' }))).toMatchObject({ visitor_id: '', session_id: '' });
  });

  it('moves leaves beyond the allowance of keys into _overflow and counts the event', () => {
    const { event, counted, learned } = createRig();
    expect(event({ properties: { a: 1, b: 'x', c: true } }).properties).toBe('{"a":1,"b":"x","c":true}');
    expect(event({ properties: { a: 2, d: 'y"z' } }).properties).toBe(
      '{"a":2,"_overflow":"{\\"d\\":\\"y\\\\\\"z\\"}"}',
    );
    expect(learned).toEqual(['a', 'b', 'c']);
    expect(counted).toEqual(['enrich_properties_overflowed_total']);
  });

  it('remembers nothing of an event that is refused', () => {
    const { run, learned } = createRig({
      privacy: { doNotTrack: 'drop', globalPrivacyControl: 'ignore', storeIp: false },
    });
    expect(run({ properties: { secret: 1 } }, browser({ doNotTrack: true }))).toMatchObject({ reason: 'do_not_track' });
    expect(learned).toEqual([]);
  });
});
