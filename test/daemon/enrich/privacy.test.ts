import { describe, expect, it } from 'vitest';
import { decidePrivacy, type SignalPolicy } from '../../../daemon/enrich/privacy.ts';
import { browser, createRig } from './rig.ts';

describe('privacy signals', () => {
  const policy = (doNotTrack: SignalPolicy, globalPrivacyControl: SignalPolicy) => ({
    doNotTrack,
    globalPrivacyControl,
    storeIp: false,
  });

  it.each([
    ['ignore', 'ignore', 'keep'],
    ['anonymize', 'ignore', 'anonymize'],
    ['ignore', 'anonymize', 'anonymize'],
    ['drop', 'anonymize', { reason: 'do_not_track' }],
    ['anonymize', 'drop', { reason: 'global_privacy_control' }],
  ] as const)('with DNT %s and GPC %s mean %j when both are sent', (doNotTrack, control, expected) => {
    const decision = decidePrivacy(
      browser({ doNotTrack: true, globalPrivacyControl: true }),
      policy(doNotTrack, control),
    );
    if (typeof expected === 'string') expect(decision).toBe(expected);
    else expect(decision).toMatchObject(expected);
  });

  it('mean nothing when they are not sent', () => {
    expect(decidePrivacy(browser(), policy('drop', 'drop'))).toBe('keep');
  });

  it('take every tie to a person from an anonymized event and leave it countable', () => {
    const event = createRig().event(
      {
        visitor_id: 'v',
        session_id: 's',
        user_id: 'u',
        screen: '1x1',
        timezone: 'Europe/Berlin',
        url: 'https://a.example/p?utm_source=news&gclid=g&mail=x@y.z',
        referrer: 'https://r.example/?q=name',
      },
      browser({ globalPrivacyControl: true }),
    );
    expect(event).toMatchObject({
      visitor_id: '',
      session_id: '',
      user_id: '',
      ip: '',
      region: '',
      city: '',
      timezone: '',
      screen: '',
      click_id: '',
      click_id_type: '',
      url: 'https://a.example/p',
      referrer: 'https://r.example/',
      referrer_host: 'r.example',
      utm_source: 'news',
      host: 'a.example',
      path: '/p',
      country: 'DE',
      browser: 'Chrome',
    });
  });
});
