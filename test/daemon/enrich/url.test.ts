import { describe, expect, it } from 'vitest';
import { readUrls } from '../../../daemon/enrich/url.ts';
import { type Event, emptyEvent } from '../../../src/event/event.ts';
import { fc } from '../../support/property.ts';

function read(fields: Partial<Event>): Event {
  const event = { ...emptyEvent(), ...fields };
  readUrls(event);
  return event;
}

describe('readUrls', () => {
  it.each([
    ['https://shop.example/a/B?c=d', 'shop.example', '/a/B'],
    ['HTTPS://Shop.Example:8443/a', 'shop.example', '/a'],
    ['https://shop.example', 'shop.example', '/'],
    ['https://shop.example?x=1', 'shop.example', '/'],
    ['//cdn.example/x', 'cdn.example', '/x'],
    ['/only/path?x=1', '', '/only/path'],
    ['app://main/screen', 'main', '/screen'],
    ['android-app://com.example.mail/', 'com.example.mail', '/'],
    ['http://[2001:db8::1]:80/x', '[2001:db8::1]', '/x'],
    ['https://müller.example/x', 'xn--mller-kva.example', '/x'],
    ['about:blank', '', ''],
    ['not a url', '', ''],
    ['shop.example/a', '', ''],
    ['https://', '', '/'],
    ['https://exa mple/', '', ''],
    ['?a=b', '', ''],
  ])('splits %s into host %j and path %j', (url, host, path) => {
    expect(read({ url })).toMatchObject({ url, host, path });
  });

  it('cuts the fragment and the password off and leaves all else as given', () => {
    expect(read({ url: 'https://a.example/p?q=%20X#access_token=1' }).url).toBe('https://a.example/p?q=%20X');
    expect(read({ url: 'https://me:secret@a.example/p' })).toMatchObject({
      url: 'https://a.example/p',
      host: 'a.example',
    });
    expect(read({ referrer: 'https://me:secret@r.example/p#f' })).toMatchObject({
      referrer: 'https://r.example/p',
      referrer_host: 'r.example',
    });
  });

  it('reads campaign tags and decodes them', () => {
    const url =
      'https://a.example/?utm_source=News+Letter&utm_medium=e%2Dmail&x&utm_campaign=%C3%A4&utm_term=100%&utm_content=a=b&utm_source=2';
    expect(read({ url })).toMatchObject({
      utm_source: 'News Letter',
      utm_medium: 'e-mail',
      utm_campaign: 'ä',
      utm_term: '100%',
      utm_content: 'a=b',
    });
  });

  it.each(['gclid', 'gbraid', 'wbraid', 'fbclid', 'msclkid', 'ttclid', 'twclid', 'li_fat_id'])(
    'reads the click id %s',
    (name) => {
      expect(read({ url: `https://a.example/?a=1&${name}=Abc-1` })).toMatchObject({
        click_id_type: name,
        click_id: 'Abc-1',
      });
    },
  );

  it('takes the first of several click ids', () => {
    expect(read({ url: '/?fbclid=1&gclid=2' })).toMatchObject({ click_id_type: 'fbclid', click_id: '1' });
  });

  it('lets stated fields win', () => {
    const stated = { host: 'own.example', path: '/own', utm_source: 'own', click_id: 'own', click_id_type: 'own' };
    expect(read({ url: 'https://a.example/p?utm_source=x&gclid=y', ...stated })).toMatchObject(stated);
    expect(read({ host: 'Own.Example' }).host).toBe('own.example');
  });

  it('keeps a referral from the page itself', () => {
    expect(read({ url: 'https://a.example/2', referrer: 'https://a.example/1' }).referrer_host).toBe('a.example');
  });

  it('cuts what it derives to the column and never within a character', () => {
    const event = read({ url: `https://a.example/${'ä'.repeat(1_500)}?utm_source=${'ü'.repeat(200)}` });
    expect(Buffer.byteLength(event.path)).toBeLessThanOrEqual(2_048);
    expect(event.path).toMatch(/^\/ä+$/);
    expect(event.utm_source).toBe('ü'.repeat(127));
  });

  it('turns an encoded NUL into U+FFFD', () => {
    expect(read({ url: '/?utm_source=a%00b' }).utm_source).toBe('a\ufffdb');
  });

  it('finds what the WHATWG parser finds in every web address', () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), (url) => {
        const { hostname, pathname } = new URL(url);
        const event = read({ url });
        expect(event.host).toBe(hostname);
        expect(new URL(`http://host${event.path}`).pathname).toBe(pathname); // which resolves dots and escapes
      }),
    );
  });

  it('takes any text without throwing and within every limit', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('https://', '?', '&', '=', '%', 'gclid=', '#', '@', ':'),
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const event = read({
          url: pieces.join('').toWellFormed(),
          referrer: pieces.toReversed().join('').toWellFormed(),
        });
        expect(Buffer.byteLength(event.host)).toBeLessThanOrEqual(255);
        expect(event.click_id.isWellFormed()).toBe(true);
      }),
    );
  });
});
