import { get } from 'node:http';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { openTestReceiver, post, type TestReceiver } from './harness.ts';

const FILE = {
  path: '/t.js',
  versionedPath: '/t.0123abcd.js',
  version: '0123abcd',
  text: `console.log('${'tracked '.repeat(50)}')`,
};

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** Not `fetch`, which decompresses. */
function ask(
  target: TestReceiver,
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    get(target.url + path, { headers, method, agent: false }, (res) => {
      res.toArray().then((pieces) => {
        resolve({ status: res.statusCode!, headers: res.headers, body: Buffer.concat(pieces) });
      }, reject);
    })
      .on('error', reject)
      .end();
  });
}

describe('GET of the tracker', () => {
  it.each([
    ['', undefined, (body: Buffer) => body],
    ['gzip, deflate', 'gzip', gunzipSync],
    ['gzip, deflate, br, zstd', 'br', brotliDecompressSync],
    ['br;q=0, gzip;q=0.5', 'gzip', gunzipSync],
    ['identity', undefined, (body: Buffer) => body],
  ])('answers Accept-Encoding %j with %s', async (accepted, encoding, unpack) => {
    const target = await openTestReceiver({ tracker: [FILE] });
    const { status, headers, body } = await ask(target, '/t.js?x=1', { 'Accept-Encoding': accepted });
    expect([status, headers['content-encoding'], headers['content-length']]).toEqual([200, encoding, `${body.length}`]);
    expect(unpack(body).toString()).toBe(FILE.text);
    expect(headers.vary).toBe('Accept-Encoding');
  });

  it('may be loaded by any page, also with SRI, and is taken for a script', async () => {
    const target = await openTestReceiver({ tracker: [FILE] });
    const { headers } = await ask(target, '/t.js', { Origin: 'https://shop.example', Host: 'collect.example' });
    expect(headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'access-control-allow-origin': '*',
      'cross-origin-resource-policy': 'cross-origin',
      'x-content-type-options': 'nosniff',
    });
    expect(headers['set-cookie']).toBeUndefined();
  });

  it('is kept for an hour, asked for with its ETag, and kept for ever under its version', async () => {
    const target = await openTestReceiver({ tracker: [FILE] });
    const { headers } = await ask(target, '/t.js');
    expect(headers['cache-control']).toBe('public, max-age=3600, stale-while-revalidate=86400');
    const etag = String(headers.etag);
    for (const known of [etag, `"other", ${etag}`, etag.replace('W/', ''), '*']) {
      const again = await ask(target, '/t.js', { 'If-None-Match': known });
      expect([again.status, again.body.length, again.headers.etag]).toEqual([304, 0, etag]);
    }
    expect((await ask(target, '/t.js', { 'If-None-Match': '"other"' })).status).toBe(200);
    expect((await ask(target, '/t.0123abcd.js')).headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(target.count('receive_requests_total{code="3xx"}')).toBe(4);
  });

  it('under the version of another release is the file of today, not kept for long', async () => {
    const target = await openTestReceiver({ tracker: [FILE] });
    const { status, headers, body } = await ask(target, '/t.ffffffff.js');
    expect([status, body.toString()]).toEqual([200, FILE.text]);
    expect(headers['cache-control']).toContain('max-age=3600');
  });

  it('answers HEAD without the body, other methods with 405, and is nowhere else', async () => {
    const target = await openTestReceiver({ tracker: [FILE] });
    const head = await ask(target, '/t.js', {}, 'HEAD');
    expect([head.status, head.headers['content-length'], head.body.length]).toEqual([200, `${FILE.text.length}`, 0]);
    const posted = await post(target, '{"name":"a"}', {}, '/t.js');
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    expect((await ask(target, '/other.js')).status).toBe(404);
  });
});

it('a collect path of its own takes events beside the usual one', async () => {
  const target = await openTestReceiver({ collectPath: '/in' });
  for (const path of ['/in', '/v1/events']) expect((await post(target, '{"name":"a"}', {}, path)).status).toBe(202);
  expect(target.committed).toHaveLength(2);
});
