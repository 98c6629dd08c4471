import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { createTokenReader } from '../../../daemon/access/tokens.ts';
import { openTestReceiver } from '../receive/harness.ts';
import { openGate } from './gate.ts';

const ISSUER = 'https://issuer.example/';
const AUDIENCE = 'trackflow';
const NOW = 1_700_000_000_000;

/** An issuer that publishes the keys it is told to, and counts how often it is asked. */
async function issuer() {
  const state = { keys: [] as object[], asked: 0, down: false };
  const server = createServer((_req, res) => {
    state.asked++;
    if (state.down) res.writeHead(500).end();
    else res.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: state.keys }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const add = async (kid: string) => {
    const { publicKey, privateKey } = await generateKeyPair('ES256');
    state.keys = [...state.keys, { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' }];
    return { kid, privateKey };
  };
  return { state, add, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks` };
}

interface Signer {
  readonly kid: string;
  readonly privateKey: CryptoKey;
}

function sign(
  { kid, privateKey }: Signer,
  claims: object,
  changes: { issuer?: string; audience?: string; exp?: number } = {},
) {
  return new SignJWT({ ...claims })
    .setProtectedHeader({ alg: 'ES256', kid })
    .setIssuer(changes.issuer ?? ISSUER)
    .setAudience(changes.audience ?? AUDIENCE)
    .setIssuedAt(NOW / 1_000)
    .setExpirationTime(changes.exp ?? NOW / 1_000 + 600)
    .sign(privateKey);
}

let authority: Awaited<ReturnType<typeof issuer>>;
let signer: Signer;
beforeEach(async () => {
  authority = await issuer();
  signer = await authority.add('one');
});
const reader = (changes: object = {}, now = () => NOW) =>
  createTokenReader({ issuer: ISSUER, audience: AUDIENCE, jwksUrl: authority.url, accountsClaim: '', ...changes }, now);

describe('a token of the issuer', () => {
  it('is good for what its scopes say, and the keys are asked for once', async () => {
    const read = reader();
    const token = await sign(signer, { scope: 'openid trackflow:write trackflow:read' });
    expect(await read(token)).toMatchObject({ credentials: ['write', 'read'], keyId: '', expiresAt: NOW + 600_000 });
    await read(token);
    await read(await sign(signer, { scp: ['trackflow:admin'] }));
    expect(authority.state.asked).toBe(1);
  });

  it.each([
    ['no scope of ours', { scope: 'openid' }, {}],
    ['another audience', { scope: 'trackflow:write' }, { audience: 'others' }],
    ['another issuer', { scope: 'trackflow:write' }, { issuer: 'https://evil.example/' }],
    ['a time that is over', { scope: 'trackflow:write' }, { exp: NOW / 1_000 - 60 }],
  ])('is bad with %s', async (_what, claims, changes) => {
    expect(await reader()(await sign(signer, claims, changes))).toBe('bad');
  });

  it('is bad when it is signed by nobody, with a shared secret, by another key, or changed', async () => {
    const read = reader();
    const good = await sign(signer, { scope: 'trackflow:write' });
    const [head, , signature] = good.split('.');
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const payload = part({ iss: ISSUER, aud: AUDIENCE, exp: NOW / 1_000 + 600, scope: 'trackflow:admin' });
    const secret = new TextEncoder().encode(JSON.stringify(authority.state.keys[0]));
    const shared = await new SignJWT({ scope: 'trackflow:admin' })
      .setProtectedHeader({ alg: 'HS256', kid: 'one' })
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setExpirationTime(NOW / 1_000 + 600)
      .sign(secret);
    const stranger = { kid: 'one', privateKey: (await generateKeyPair('ES256')).privateKey };
    for (const token of [
      `${part({ alg: 'none' })}.${payload}.`,
      `${head}.${payload}.${signature}`,
      shared,
      await sign(stranger, { scope: 'trackflow:write' }),
      'x'.repeat(10_000),
      'a.b.c',
    ]) {
      expect(await read(token)).toBe('bad');
    }
  });

  it('is for the accounts of its claim, and for none when it has none', async () => {
    const read = reader({ accountsClaim: 'accounts' });
    const scope = 'trackflow:read';
    expect(await read(await sign(signer, { scope, accounts: ['a', 'b'] }))).toMatchObject({
      accounts: new Set(['a', 'b']),
    });
    for (const accounts of [undefined, [], [''], ['a', 7], 'a']) {
      expect(await read(await sign(signer, { scope, accounts }))).toBe('bad');
    }
  });

  it('is good while its issuer is away, with the keys that were had; a new key has to be asked for', async () => {
    let now = NOW;
    const read = reader({}, () => now);
    await read(await sign(signer, { scope: 'trackflow:write' }));
    authority.state.down = true;
    now += 61_000;
    expect(await read(await sign(signer, { scope: 'trackflow:write' }))).toMatchObject({ credentials: ['write'] });
    const fresh = reader();
    expect(await fresh(await sign(signer, { scope: 'trackflow:write' }))).toBe('unavailable');
  });
});

it('opens what keys of its scopes open, over a real socket', async () => {
  const target = await openTestReceiver({ gatekeeper: openGate({ readToken: reader() }).gatekeeper });
  const bearer = async (scope: string) => ({ authorization: `Bearer ${await sign(signer, { scope })}` });
  const post = async (scope: string) =>
    (await fetch(`${target.url}/v1/events`, { method: 'POST', headers: await bearer(scope), body: '{"name":"n"}' }))
      .status;
  expect(await post('trackflow:write')).toBe(202);
  expect(target.senders.at(-1)!.trusted).toBe(false);
  expect(await post('trackflow:server')).toBe(202);
  expect(target.senders.at(-1)!.trusted).toBe(true);
  expect(await post('trackflow:read')).toBe(403);
  expect((await fetch(`${target.url}/status`, { headers: await bearer('trackflow:admin') })).status).toBe(200);
  expect((await fetch(`${target.url}/status`, { headers: await bearer('trackflow:write') })).status).toBe(403);
  authority.state.down = true;
  const other = await authority.add('two');
  const headers = { authorization: `Bearer ${await sign(other, { scope: 'trackflow:write' })}` };
  const refused = await fetch(`${target.url}/v1/events`, { method: 'POST', headers, body: '{"name":"n"}' });
  expect([401, 503]).toContain(refused.status);
});
