import { describe, expect, it } from 'vitest';
import { canonicalIp, createClientAddress } from '../../../daemon/enrich/proxy.ts';
import { fc } from '../../support/property.ts';

const clientOf = createClientAddress(['10.0.0.0/8', 'fd00::/8', '192.0.2.1']);

describe('the address of the client', () => {
  it.each([
    // socket, X-Forwarded-For, Forwarded → ip, trusted
    ['203.0.113.9', undefined, undefined, '203.0.113.9', false],
    ['::ffff:203.0.113.9', undefined, undefined, '203.0.113.9', false],
    ['127.0.0.1', undefined, undefined, '127.0.0.1', true],
    ['::1', undefined, undefined, '::1', true],
    ['10.1.1.1', undefined, undefined, '10.1.1.1', true],
    ['192.0.2.2', undefined, undefined, '192.0.2.2', false],
    ['10.1.1.1', '203.0.113.9', undefined, '203.0.113.9', false],
    ['::ffff:10.1.1.1', '203.0.113.9', undefined, '203.0.113.9', false],
    ['10.1.1.1', '6.6.6.6, 203.0.113.9, 10.2.2.2', undefined, '203.0.113.9', false],
    ['10.1.1.1', '10.3.3.3, 10.2.2.2', undefined, '10.3.3.3', true],
    ['10.1.1.1', '203.0.113.9:4711', undefined, '203.0.113.9', false],
    ['10.1.1.1', '[2001:db8::1]:4711', undefined, '2001:db8::1', false],
    ['10.1.1.1', '2001:0DB8:0::0001', undefined, '2001:db8::1', false],
    ['fd00::1', 'fe80::1%eth0', undefined, 'fe80::1', false],
    ['10.1.1.1', undefined, 'for=203.0.113.9;proto=https', '203.0.113.9', false],
    ['10.1.1.1', undefined, 'for=6.6.6.6, proto=http;For="[2001:db8::1]:80"', '2001:db8::1', false],
    ['10.1.1.1', '203.0.113.9', 'for=6.6.6.6', '203.0.113.9', false],
  ])(
    'for socket %s, X-Forwarded-For %s and Forwarded %s is %s (trusted: %s)',
    (socket, xff, forwarded, ip, trusted) => {
      expect(clientOf(socket, xff, forwarded)).toMatchObject({ ip, trusted });
    },
  );

  it('is that of the socket where nobody configured a proxy, and then nobody behind it is trusted', () => {
    const bare = createClientAddress([]);
    expect(bare('127.0.0.1', '6.6.6.6', undefined)).toEqual({ ip: '127.0.0.1', trusted: false });
    expect(bare('203.0.113.9', '127.0.0.1', 'for=127.0.0.1')).toEqual({ ip: '203.0.113.9', trusted: false });
  });

  it.each([
    '',
    'unknown',
    '_hidden',
    'a, b',
    '1.2.3',
    '127.1',
    '0x7f000001',
    '[::1',
    ',,,',
    '203.0.113.9 x',
    '%',
    'x'.repeat(9_000),
  ])('is the last good hop, untrusted, when the header says %j', (header) => {
    expect(clientOf('10.1.1.1', header, undefined)).toEqual({ ip: '10.1.1.1', trusted: false });
  });

  it('is empty for a socket without an address', () => {
    expect(clientOf('', undefined, undefined)).toMatchObject({ ip: '', trusted: false });
  });

  it('cannot be forged by what the client itself writes into the header', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (forged) => {
        const client = clientOf('10.1.1.1', `${forged},203.0.113.9`, forged);
        expect(client).toMatchObject({ ip: '203.0.113.9', trusted: false });
      }),
    );
  });

  it('is found in a header of any length without walking all of it', () => {
    const chain = Array(5_000).fill('10.2.2.2').join(',');
    expect(clientOf('10.1.1.1', chain, undefined)).toMatchObject({ ip: '10.2.2.2' });
  });

  it.each(['10.0.0.0/99', '10/8', '10.0.0.0/', 'everyone', '10.0.0', ''])(
    'refuses to be configured with %j',
    (network) => {
      expect(() => createClientAddress([network])).toThrow(expect.objectContaining({ code: 'TF_CONFIG' }));
    },
  );
});

describe('canonicalIp', () => {
  it.each([
    ['203.0.113.9', '203.0.113.9'],
    ['::FFFF:203.0.113.9', '203.0.113.9'],
    ['2001:0db8::0001', '2001:db8::1'],
    ['127.1', ''],
    ['x', ''],
    ['fe80::1%eth0', 'fe80::1'],
  ])('of %s is %j', (text, expected) => {
    expect(canonicalIp(text)).toBe(expected);
  });
});
