import { once } from 'node:events';
import { request } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openRedirectServer, type RedirectServer } from '../../../daemon/tls/redirect-server.ts';
import { freePort } from '../../support/free-port.ts';

// W21 of reference/seed-systems.md: that tracker sends to https://host:8080:8443/….
let port: number;
let server: RedirectServer;
beforeAll(async () => {
  port = await freePort();
  server = await openRedirectServer('127.0.0.1', port, 8443);
});
afterAll(() => server.close());

async function ask(host: string, path = '/tr/v1/tr/?a=b') {
  const sent = request({ host: '127.0.0.1', port, path, method: 'POST', headers: { host }, agent: false });
  sent.end('{}');
  const [response] = await once(sent, 'response');
  response.resume();
  return [response.statusCode, response.headers.location];
}

it.each([
  ['tr.example:8080', 'https://tr.example:8443/tr/v1/tr/?a=b'],
  ['tr.example', 'https://tr.example:8443/tr/v1/tr/?a=b'],
  ['127.0.0.1:80', 'https://127.0.0.1:8443/tr/v1/tr/?a=b'],
  ['[2001:db8::1]:8080', 'https://[2001:db8::1]:8443/tr/v1/tr/?a=b'],
])('W21: a request for %s is sent on to the one port of HTTPS, with path and query', async (host, location) => {
  expect(await ask(host)).toEqual([308, location]);
});

it.each(['tr.example:8080:8443', 'evil.example/x', 'a b', 'user@evil.example', ':8080'])(
  'a Host that is none (%s) is sent nowhere',
  async (host) => {
    expect(await ask(host)).toEqual([400, undefined]);
  },
);

it('the port that is usual is not named', async () => {
  const other = await freePort();
  const usual = await openRedirectServer('127.0.0.1', other, 443);
  try {
    const response = await fetch(`http://127.0.0.1:${other}/x`, { redirect: 'manual' });
    expect(response.headers.get('location')).toBe('https://127.0.0.1/x');
  } finally {
    await usual.close();
  }
});
