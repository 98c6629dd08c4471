import { expect, it } from 'vitest';
import { openTestReceiver, post } from '../harness.ts';

const ORIGIN = 'https://shop.example.com';

it('answers a preflight for JSON from a page, with credentials as sendBeacon asks', async () => {
  const target = await openTestReceiver();
  const response = await fetch(`${target.url}/v1/events`, {
    method: 'OPTIONS',
    headers: {
      Origin: ORIGIN,
      'Access-Control-Request-Method': 'POST',
      'Access-Control-Request-Headers': 'content-type',
    },
  });
  expect(response.status).toBe(204);
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'access-control-allow-origin': ORIGIN,
    'access-control-allow-credentials': 'true',
    'access-control-allow-methods': 'POST',
    'access-control-allow-headers': 'Authorization, Content-Type, Content-Encoding',
    'access-control-max-age': '86400',
    vary: 'Origin',
  });
});

it.each([
  ['what is taken', '{"name":"a"}', 202],
  ['what is rejected', '{}', 400],
])('lets a page read the answer to %s', async (_what, body, status) => {
  const target = await openTestReceiver();
  const response = await post(target, body, { Origin: ORIGIN, 'Content-Type': 'text/plain;charset=UTF-8' });
  expect(response.status).toBe(status);
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'access-control-allow-origin': ORIGIN,
    'access-control-allow-credentials': 'true',
    'cross-origin-resource-policy': 'cross-origin',
    vary: 'Origin',
  });
});

it('lets a page read a refusal', async () => {
  const target = await openTestReceiver();
  const response = await post(target, 'x', { Origin: 'null', 'Content-Type': 'image/png' });
  expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([415, 'null']);
});

it('says nothing of origins to a client that names none, and never sets a cookie', async () => {
  const target = await openTestReceiver();
  const response = await post(target, '{"name":"a"}', { 'Content-Type': 'application/json', Cookie: 'a=b' });
  const names = [...response.headers.keys()];
  expect(names.filter((name) => name.startsWith('access-control') || name === 'set-cookie')).toEqual([]);
});

it.each(['/activities', '/v1/stats/totals', '/status'])('lets no page of another origin read %s', async (path) => {
  const target = await openTestReceiver();
  const response = await fetch(target.url + path, { headers: { Origin: ORIGIN } });
  expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([403, null]);
});
