import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startDaemon } from '../support/daemon.ts';
import { startEngine } from '../support/engine.ts';
import { hasOpenssl, type SelfSigned, selfSignedFiles } from '../support/openssl.ts';
import { temporaryHome } from '../support/temporary-home.ts';

/** What stands in front of a ClickHouse on the internet: it ends TLS, and passes bytes on. */
async function openTlsFront(upstream: string, { certFile, keyFile }: SelfSigned) {
  const { hostname, port } = new URL(upstream);
  const server = createServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) }, (socket) => {
    const behind = connect(Number(port), hostname);
    socket.on('error', () => behind.destroy()).on('close', () => behind.destroy());
    behind.on('error', () => socket.destroy()).on('close', () => socket.destroy());
    socket.pipe(behind).pipe(socket);
  });
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `https://localhost:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => void server.close(),
  };
}

describe.skipIf(!hasOpenssl())('a ClickHouse behind HTTPS', () => {
  test('keeps events like any other once its authority is trusted, and is not spoken to before', async () => {
    const folder = temporaryHome();
    const authority = selfSignedFiles(join(folder, 'server'));
    const engine = await startEngine({ migrated: false });
    onTestFinished(() => engine.stop());
    await using front = await openTlsFront(engine.endpoint.url, authority);
    const passwordFile = join(folder, 'password');
    writeFileSync(passwordFile, engine.endpoint.writer.password, { mode: 0o600 });
    const settings = {
      'engine.kind': 'url',
      'engine.url': front.url,
      'engine.user': engine.endpoint.writer.user,
      'engine.passwordFile': passwordFile,
    };
    const home = join(folder, 'home');
    {
      await using daemon = await startDaemon({ home, settings, listeningOnly: true });
      expect((await daemon.post({ name: 'early', event_id: '0190163d-8694-739b-aea5-966c26f8ad91' })).status).toBe(202);
      await daemon.until(async () => /self-signed|certificate/i.test((await daemon.status()).problems.join(' ')));
    }
    const environment = { NODE_EXTRA_CA_CERTS: authority.certFile };
    await using daemon = await startDaemon({ home, settings, environment });
    await daemon.post({ name: 'early', event_id: '0190163d-8694-739b-aea5-966c26f8ad91' });
    await daemon.post([{ name: 'late' }, { name: 'late' }]);
    await daemon.drained();
    expect(await daemon.query('SELECT name, count() AS n FROM events GROUP BY name ORDER BY name')).toEqual([
      { name: 'early', n: 1 },
      { name: 'late', n: 2 },
    ]);
  }, 60_000);
});
