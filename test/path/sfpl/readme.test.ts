import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import WebSocket from 'ws';
import { TestSite } from '../../support/browser.ts';
import { openRig, type SfplRig } from './rig.ts';

/**
 * The lines of the README of sfproductlabs/tracker ("API Endpoints", "End-to-End Test Example"), as they stand there but for
 * host and port, and the rows they promise.
 */
const run = promisify(execFile);
let rig: SfplRig;
let site: TestSite;

beforeAll(async () => {
  rig = await openRig({ 'sfpl.pathCredentials': true });
  site = await new TestSite().listen();
});

afterAll(async () => {
  await site[Symbol.asyncDispose]();
  await rig.daemon[Symbol.asyncDispose]();
});

/** Runs lines of a shell against this instance; `https://example.com` is a site of the test. */
async function shell(script: string): Promise<string> {
  const target = new URL(site.page('/long/path', { html: '<title>arrived</title>' }));
  const text = script
    .replaceAll('https://localhost:8443', rig.daemon.url)
    .replaceAll('https://example.com/long', `${target.origin}/long`);
  return (await run('bash', ['-c', text])).stdout;
}

test('Track Event (Client-side)', async () => {
  await shell(`
# REST/URL format
curl -k "https://localhost:8443/tr/v1/tr/vid/USER_ID/ename/page_view/etyp/view"

# JSON format (recommended)
curl -k -H 'Content-Type: application/json' -X POST \\
  "https://localhost:8443/tr/v1/tr/" \\
  -d '{
    "vid": "14fb0860-b4bf-11e9-8971-7b80435315ac",
    "sid": "session-123",
    "ename": "page_view",
    "etyp": "view",
    "url": "https://example.com/page",
    "tz": "America/Los_Angeles",
    "device": "Desktop",
    "os": "macOS"
  }'
`);
  expect(await rig.events('default', 'visitor_id, session_id, name, type, url, timezone, device, os')).toMatchObject([
    { visitor_id: 'USER_ID', name: 'page_view', type: 'view' },
    {
      visitor_id: '14fb0860-b4bf-11e9-8971-7b80435315ac',
      session_id: 'session-123',
      name: 'page_view',
      type: 'view',
      url: 'https://example.com/page',
      timezone: 'America/Los_Angeles',
      device: 'Desktop',
      os: 'macOS',
    },
  ]);
});

test('Track Event (Server-side)', async () => {
  const id = await shell(`
# Server-side tracking (returns event ID)
curl -k -H 'Content-Type: application/json' -X POST \\
  "https://localhost:8443/tr/v1/str/" \\
  -d '{
    "vid": "14fb0860-b4bf-11e9-8971-7b80435315ac",
    "oid": "org-id",
    "ename": "server_event",
    "etyp": "conversion",
    "revenue": "99.99"
  }'
`);
  expect(await rig.events('org-id', 'toString(event_id) AS id, name, type, toString(revenue) AS revenue')).toEqual([
    { id: JSON.parse(id), name: 'server_event', type: 'conversion', revenue: '99.99' },
  ]);
});

test('WebSocket Streaming', async () => {
  const ws = new WebSocket(`${rig.daemon.url.replace('http', 'ws')}/tr/v1/ws`);
  ws.onopen = () => {
    ws.send(
      JSON.stringify({
        vid: 'user-123',
        ename: 'websocket_event',
        etyp: 'stream',
      }),
    );
  };
  await rig.daemon.until(async () =>
    (await rig.events('default', 'name')).some(({ name }) => name === 'websocket_event'),
  );
  ws.close();
});

test('Lifetime Value (LTV) Tracking', async () => {
  await shell(`
# Single payment
curl -k -H 'Content-Type: application/json' -X POST \\
  "https://localhost:8443/tr/v1/ltv/" \\
  -d '{
    "vid": "user-id",
    "uid": "user-123",
    "oid": "org-id",
    "amt": 99.99,
    "currency": "USD",
    "orid": "order-123"
  }'

# Batch payments
curl -k -H 'Content-Type: application/json' -X POST \\
  "https://localhost:8443/tr/v1/ltv/" \\
  -d '{
    "vid": "user-id",
    "uid": "user-123",
    "oid": "org-id",
    "payments": [
      {"amt": 50.00, "currency": "USD", "orid": "order-124"},
      {"amt": 25.00, "currency": "USD", "orid": "order-125"}
    ]
  }'
`);
  expect(await rig.payments('org-id', 'order_id, user_id, visitor_id, toString(amount) AS amount, currency')).toEqual(
    [
      ['order-123', '99.99'],
      ['order-124', '50'],
      ['order-125', '25'],
    ].map(([order_id, amount]) => ({ order_id, user_id: 'user-123', visitor_id: 'user-id', amount, currency: 'USD' })),
  );
  const value = await rig.ask('/v1/ltv?uid=user-123&account=org-id');
  expect(JSON.parse(value.body).results).toMatchObject([{ currency: 'USD', amount: '174.99', payments: 3 }]);
});

test('URL Shortening / Redirects', async () => {
  const listed = await shell(`
# Create shortened URL
curl -k -H 'Content-Type: application/json' -X POST \\
  "https://localhost:8443/tr/v1/rpi/redirect/USER_ID/PASSWORD" \\
  -d '{
    "urlfrom": "https://yourdomain.com/short",
    "slugfrom": "/short",
    "urlto": "https://example.com/long/path?utm_source=test",
    "oid": "org-id"
  }'

# List all redirects for a host
curl -k -X GET \\
  "https://localhost:8443/tr/v1/rpi/redirects/USER_ID/PASSWORD/yourdomain.com"
`);
  expect(JSON.parse(listed).results).toMatchObject([{ urlfrom: 'yourdomain.com/short', oid: 'org-id' }]);
  const arrived = await shell(`
# Test redirect (visit in browser)
curl -k -L "https://localhost:8443/short"
`);
  expect(arrived).toContain('<title>arrived</title>');
  const names = await rig.events('org-id', 'name, type');
  expect(names.at(-1)).toEqual({ name: 'short_rdr', type: 'redirect' });
});

test('Privacy & Compliance', async () => {
  await shell(`
# Post GDPR consent
curl -k -H 'Content-Type: application/json' -X POST \\
  "https://localhost:8443/tr/v1/ppi/agree" \\
  -d '{
    "vid": "user-id",
    "cflags": 1024,
    "tz": "America/Los_Angeles",
    "lat": 37.7749,
    "lon": -122.4194
  }'
`);
  await rig.daemon.drained();
  const agreements = await shell('curl -k -X GET "https://localhost:8443/tr/v1/ppi/agree?vid=user-id"');
  expect(JSON.parse(agreements)).toMatchObject([{ vid: 'user-id', cflags: 1024 }]);
  const jurisdictions = await shell('curl -k -X GET "https://localhost:8443/tr/v1/ppi/jds"');
  expect(JSON.parse(jurisdictions).length).toBeGreaterThan(5);
  const place = await shell('curl -k -X GET "https://localhost:8443/tr/v1/ppi/geoip?ip=8.8.8.8"');
  expect(JSON.parse(place)).toMatchObject({ iso2: 'US' });
});

test('Health & Monitoring', async () => {
  expect(JSON.parse(await shell('curl -k "https://localhost:8443/health"'))).toMatchObject({ status: 'ok' });
  expect(await shell('curl -k "https://localhost:8443/ping"')).toBe('pong');
  expect(await shell('curl -k "https://localhost:8443/metrics"')).toContain('trackflow_flush_inserts_total');
  expect(JSON.parse(await shell('curl -k "https://localhost:8443/status"'))).toMatchObject({ state: 'running' });
});

test('End-to-End Test Example', async () => {
  const ids = await shell(`
VID=$(cat /proc/sys/kernel/random/uuid)
UID_=$(cat /proc/sys/kernel/random/uuid)
OID=$(cat /proc/sys/kernel/random/uuid)

# 1. Page view
curl -sk -X POST https://localhost:8443/tr/v1/tr/ \\
  -H "Content-Type: application/json" \\
  -d "{\\"vid\\":\\"$VID\\",\\"ename\\":\\"page_view\\",\\"etyp\\":\\"view\\"}"

# 2. User signup
curl -sk -X POST https://localhost:8443/tr/v1/str/ \\
  -H "Content-Type: application/json" \\
  -d "{\\"vid\\":\\"$VID\\",\\"uid\\":\\"$UID_\\",\\"oid\\":\\"$OID\\",\\"ename\\":\\"signup\\",\\"etyp\\":\\"conversion\\"}" > /dev/null

# 3. Purchase
curl -sk -X POST https://localhost:8443/tr/v1/ltv/ \\
  -H "Content-Type: application/json" \\
  -d "{\\"vid\\":\\"$VID\\",\\"uid\\":\\"$UID_\\",\\"oid\\":\\"$OID\\",\\"amt\\":149.99}"

# 4. GDPR consent
curl -sk -X POST https://localhost:8443/tr/v1/ppi/agree \\
  -H "Content-Type: application/json" \\
  -d "{\\"vid\\":\\"$VID\\",\\"cflags\\":1024}"

echo "$VID $UID_ $OID"
`);
  const [vid, uid, oid] = ids.trim().split(' ');
  await rig.daemon.drained();
  const names = await rig.daemon.query(`SELECT name FROM events WHERE visitor_id = '${vid}' ORDER BY received_at`);
  expect(names).toEqual([{ name: 'page_view' }, { name: 'signup' }]);
  const value = await rig.ask(`/v1/ltv?vid=${vid}&account=${oid}`);
  expect(JSON.parse(value.body).results).toMatchObject([{ amount: '149.99', payments: 1 }]);
  expect(JSON.parse((await rig.ask(`/v1/ltv?uid=${uid}&account=${oid}`)).body).results).toHaveLength(1);
  const agreed = await rig.daemon.query(`SELECT toFloat64(flags) AS flags FROM agreements WHERE visitor_id = '${vid}'`);
  expect(agreed).toEqual([{ flags: 1024 }]);
});
