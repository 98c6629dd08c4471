import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { TrackflowError } from '../../../../src/errors/error.ts';
import { openTestReceiver, type TestReceiver } from '../harness.ts';

async function get(target: TestReceiver, path: string, headers: Record<string, string> = {}) {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: string }>();
  // fetch would not send another Host.
  request({ port: target.port, host: '127.0.0.1', path, headers }, (response) => {
    text(response).then((body) => resolve({ status: response.statusCode!, body }), reject);
  })
    .on('error', reject)
    .end();
  return promise;
}

describe('reads of events', () => {
  it('answers /activities as an array, with a link to the next page', async () => {
    const asked: string[] = [];
    const target = await openTestReceiver({
      reads: {
        activities: async (query) => {
          asked.push(query.toString());
          return { rows: [{ user_id: 'u', action: 'a' }], next: 'c/2' };
        },
      },
    });
    const response = await fetch(`${target.url}/activities?limit=1&user_id=u%20v&cursor=c1`);
    expect(await response.json()).toEqual([{ user_id: 'u', action: 'a' }]);
    expect(response.headers.get('link')).toBe('</activities?limit=1&user_id=u+v&cursor=c%2F2>; rel="next"');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(asked).toEqual(['limit=1&user_id=u+v&cursor=c1']);
  });

  it('has no link on the last page', async () => {
    const target = await openTestReceiver();
    expect((await fetch(`${target.url}/activities`)).headers.get('link')).toBeNull();
  });

  it('hands each kind of statistics its parameters', async () => {
    const target = await openTestReceiver({
      reads: { stats: async (kind, query) => ({ kind, period: query.get('period') }) },
    });
    for (const kind of ['totals', 'timeseries', 'top']) {
      const response = await fetch(`${target.url}/v1/stats/${kind}?period=7d`);
      expect(await response.json()).toEqual({ kind, period: '7d' });
    }
    expect((await fetch(`${target.url}/v1/stats/other`)).status).toBe(404);
  });

  it.each([
    ['TF_INPUT', 400],
    ['TF_QUERY', 400],
    ['TF_ENGINE_UNAVAILABLE', 503],
    ['TF_TIMEOUT', 504],
    ['TF_FAILED', 500],
  ] as const)('answers %s with %i', async (code, status) => {
    const target = await openTestReceiver({
      reads: {
        activities: async () => {
          throw new TrackflowError(code, 'what is wrong', { hints: ['what to do'] });
        },
      },
    });
    const response = await fetch(`${target.url}/activities`);
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ error: { code, message: 'what is wrong', hints: ['what to do'] } });
  });

  it('says nothing of a defect but that there is one, and logs it', async () => {
    const target = await openTestReceiver({
      reads: {
        activities: async () => {
          throw new TypeError('secret');
        },
      },
    });
    const { status, body } = await get(target, '/activities');
    expect(status).toBe(500);
    expect(body).not.toContain('secret');
    expect(target.log).toEqual(['read_defect']);
  });
});

describe('reads of how the daemon is', () => {
  it('answers /health with 200 only when it is ready', async () => {
    let ready = true;
    const target = await openTestReceiver({ report: { health: () => ({ ready, body: { ready } }) } });
    expect(await get(target, '/health')).toEqual({ status: 200, body: '{"ready":true}' });
    ready = false;
    expect(await get(target, '/health')).toEqual({ status: 503, body: '{"ready":false}' });
  });

  it('answers /ping, /status and /metrics', async () => {
    const target = await openTestReceiver({
      report: {
        metrics: (accept) =>
          accept.includes('json')
            ? { contentType: 'application/json', body: '{}' }
            : { contentType: 'text/plain; version=0.0.4', body: 'up 1\n' },
      },
    });
    expect(await get(target, '/ping')).toEqual({ status: 200, body: 'pong' });
    expect(await get(target, '/status')).toEqual({ status: 200, body: '{"state":"running"}' });
    expect(await get(target, '/metrics')).toEqual({ status: 200, body: 'up 1\n' });
    const json = await fetch(`${target.url}/metrics`, { headers: { Accept: 'application/json' } });
    expect(json.headers.get('content-type')).toMatch(/^application\/json/);
    expect(await json.text()).toBe('{}');
  });

  it('answers HEAD', async () => {
    const target = await openTestReceiver();
    expect((await fetch(`${target.url}/ping`, { method: 'HEAD' })).status).toBe(200);
  });
});

describe('what is not there', () => {
  it('answers 404 as JSON', async () => {
    const target = await openTestReceiver();
    for (const method of ['GET', 'POST', 'DELETE']) {
      const response = await fetch(`${target.url}/nowhere?x`, { method });
      expect(response.status).toBe(404);
      expect(await response.json()).toEqual({
        error: { code: 'not_found', message: 'There is nothing at this path.' },
      });
    }
    expect(target.count('receive_requests_total{code="4xx"}')).toBe(3);
  });

  it('answers 405 with Allow as JSON, whatever the body', async () => {
    const target = await openTestReceiver();
    const response = await fetch(`${target.url}/status`, {
      method: 'POST',
      body: '{',
      headers: { 'Content-Type': 'x/y' },
    });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    expect(await response.json()).toMatchObject({ error: { code: 'method_not_allowed' } });
  });

  it('answers 400 to a path that cannot be decoded', async () => {
    const target = await openTestReceiver();
    expect((await get(target, '/%zz')).status).toBe(400);
  });

  it('answers 426 to a plain request where WebSockets are opened', async () => {
    const target = await openTestReceiver();
    const response = await fetch(`${target.url}/v1/ws`);
    expect([response.status, response.headers.get('upgrade')]).toEqual([426, 'websocket']);
  });
});

describe('names a collector on loopback is asked by', () => {
  it.each(['127.0.0.1:8080', 'localhost', 'LOCALHOST:1', '[::1]:8080', 'app.localhost:80', '127.9.9.9'])(
    'answers reads by %s',
    async (host) => {
      const target = await openTestReceiver();
      expect((await get(target, '/activities', { Host: host })).status).toBe(200);
    },
  );

  it.each(['evil.example.com', '127.0.0.1.evil.example', 'localhost.evil.example:8080', '192.168.0.1', '[::1'])(
    'answers no reads by %j',
    async (host) => {
      const target = await openTestReceiver();
      for (const path of ['/activities', '/v1/stats/top', '/status', '/metrics']) {
        expect((await get(target, path, { Host: host })).status).toBe(421);
      }
      expect((await get(target, '/ping', { Host: host })).status).toBe(200);
    },
  );

  it('answers by any name on other addresses', async () => {
    const target = await openTestReceiver({ listen: { host: '0.0.0.0' } });
    expect((await get(target, '/activities', { Host: 'tracker.example.com' })).status).toBe(200);
  });
});
