import { X509Certificate } from 'node:crypto';
import fs from 'node:fs';
import { request as httpRequest } from 'node:http';
import { request } from 'node:https';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { connect } from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startDaemon, type TestDaemon } from '../support/daemon.ts';
import { freePort } from '../support/free-port.ts';
import { hasOpenssl, selfSignedFiles } from '../support/openssl.ts';
import { hasPebble, startPebble } from '../support/pebble.ts';

/** Several starts of a daemon. */
const TEST_MS = 180_000;

/** A real daemon behind TLS: with files of the operator's, and with certificates of a real ACME server. */

function folder(): string {
  const made = fs.mkdtempSync('/tmp/trackflow-tls-');
  onTestFinished(() => fs.rmSync(made, { recursive: true, force: true, maxRetries: 50, retryDelay: 100 }));
  return made;
}

async function shown(port: number, servername = 'localhost'): Promise<X509Certificate> {
  const socket = connect({ port, host: '127.0.0.1', servername, rejectUnauthorized: false });
  await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
  const certificate = socket.getPeerX509Certificate()!;
  socket.destroy();
  return certificate;
}

async function post(port: number, body: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const options = { port, host: '127.0.0.1', path: '/v1/events', method: 'POST', rejectUnauthorized: false } as const;
  request({ ...options, agent: false }, (response) => {
    text(response).then(() => resolve(response.statusCode!), reject);
  })
    .on('error', reject)
    .end(body);
  return promise;
}

const portOf = (daemon: TestDaemon) => Number(new URL(daemon.url).port);

describe.skipIf(!hasOpenssl())('certificate files', () => {
  test(
    'are taken anew under load, without a failed request; files that do not fit together change nothing',
    async () => {
      const home = folder();
      const { certFile, keyFile } = selfSignedFiles(path.join(home, 'own'));
      const redirect = await freePort();
      await using daemon = await startDaemon({
        listeningOnly: true,
        settings: {
          'tls.certFile': certFile,
          'tls.keyFile': keyFile,
          'tls.httpPort': redirect,
          'listen.collectors': 2,
        },
      });
      expect(daemon.url).toMatch(/^https:/);
      const port = portOf(daemon);
      let stopped = false;
      const statuses = new Set<number>();
      const sender = async () => {
        while (!stopped) statuses.add(await post(port, '{"name":"n"}'));
      };
      const senders = [sender(), sender()];
      const next = selfSignedFiles(path.join(home, 'next'));
      const print = new X509Certificate(fs.readFileSync(next.certFile)).fingerprint256;
      fs.copyFileSync(next.certFile, certFile);
      await daemon.until(async () => daemon.log().includes('certificate_failed'));
      expect((await shown(port)).fingerprint256).not.toBe(print);
      fs.copyFileSync(next.keyFile, keyFile);
      // Each of the collectors has it.
      for (let n = 0; n < 8; n++) await daemon.until(async () => (await shown(port)).fingerprint256 === print);
      stopped = true;
      await Promise.all(senders);
      expect([...statuses]).toEqual([202]);

      const location = await new Promise((resolve, reject) => {
        const headers = { host: `shop.example:${redirect}` };
        httpRequest({ port: redirect, path: '/v1/events?a=b', method: 'POST', headers }, (response) => {
          response.resume();
          resolve([response.statusCode, response.headers.location]);
        })
          .on('error', reject)
          .end();
      });
      expect(location).toEqual([308, `https://shop.example:${port}/v1/events?a=b`]);
    },
    TEST_MS,
  );

  test(
    'that do not fit, or whose key others can read, keep the daemon from starting',
    async () => {
      const home = folder();
      const one = selfSignedFiles(path.join(home, 'one'));
      const two = selfSignedFiles(path.join(home, 'two'));
      const settings = { 'tls.certFile': one.certFile, 'tls.keyFile': two.keyFile };
      await expect(startDaemon({ settings })).rejects.toThrow(/TF_CONFIG.*not that of/);
      fs.chmodSync(one.keyFile, 0o644);
      const open = { 'tls.certFile': one.certFile, 'tls.keyFile': one.keyFile };
      await expect(startDaemon({ settings: open })).rejects.toThrow(/TF_CONFIG.*open to every user/);
    },
    TEST_MS,
  );
});

describe.skipIf(!hasPebble() || !hasOpenssl())('a certificate authority', () => {
  test.each(['tls-alpn-01', 'http-01'] as const)(
    'gives a certificate by %s, which is kept',
    async (challenge) => {
      const made = folder();
      const [port, http] = await Promise.all([freePort(), freePort()]);
      await using pebble = await startPebble(made, { http, tls: port });
      const home = path.join(made, 'home');
      const settings = {
        'listen.port': port,
        'listen.collectors': 2,
        'tls.acmeDomains': ['t.shop.example', 'u.shop.example'],
        'tls.acmeDirectory': pebble.directoryUrl,
        'tls.acmeCaFile': pebble.caFile,
        'tls.acmeAgreeTerms': true,
        'tls.acmeChallenge': challenge,
        'tls.httpPort': challenge === 'http-01' ? http : 0,
      };
      let print = '';
      {
        await using daemon = await startDaemon({ home, settings, listeningOnly: true });
        await daemon.until(async () => (await shown(port, 't.shop.example')).issuer.includes('Pebble'));
        const certificate = await shown(port, 'u.shop.example');
        expect(certificate.subjectAltName).toBe('DNS:t.shop.example, DNS:u.shop.example');
        expect(await post(port, '{"name":"n"}')).toBe(202);
        print = certificate.fingerprint256;
        const kept = path.join(home, 'acme');
        expect(fs.statSync(kept).mode & 0o777).toBe(0o700);
        expect(fs.readdirSync(kept).sort()).toEqual(['account.key', 'certificate.json']);
        for (const name of fs.readdirSync(kept)) expect(fs.statSync(path.join(kept, name)).mode & 0o777).toBe(0o600);
        await daemon.stop();
      }
      await using daemon = await startDaemon({ home, settings, listeningOnly: true });
      expect((await shown(port, 't.shop.example')).fingerprint256).toBe(print);
      expect(await post(port, '{"name":"n"}')).toBe(202);
      expect((await daemon.status()).problems.filter((problem) => problem.includes('certificate'))).toEqual([]);
    },
    TEST_MS,
  );
});
