import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { suggestedWindow } from '../../../daemon/tls/acme/ari.ts';
import { momentIn, renewAt, renewalId } from '../../../daemon/tls/acme/renewal.ts';
import { expiryProblem } from '../../../daemon/tls/expiry.ts';
import { hasOpenssl, selfSignedFiles } from '../../support/openssl.ts';

const DAY = 86_400_000;

it('is due at two thirds of the life of a certificate, spread a little', () => {
  expect(renewAt(0, 90 * DAY, () => 0)).toBe(60 * DAY);
  expect(renewAt(0, 90 * DAY, () => 1)).toBe(61.875 * DAY);
  expect(renewAt(0, 6 * DAY, () => 0.5)).toBe(4.0625 * DAY);
  expect(momentIn({ start: 100, end: 200 }, () => 0.25)).toBe(125);
});

it('is warned of when it has not come', () => {
  const life = { cert: '', key: '', names: [], notBefore: 0, notAfter: 90 * DAY };
  expect(expiryProblem(life, 75 * DAY)).toBeUndefined();
  expect(expiryProblem(life, 77 * DAY)).toBe('the certificate ends on 1970-04-01, in 13 days');
  expect(expiryProblem({ ...life, notAfter: 6 * DAY }, 4.4 * DAY)).toBeUndefined();
  expect(expiryProblem({ ...life, notAfter: 6 * DAY }, 4.6 * DAY)).toContain('in 1 days');
  expect(expiryProblem(life, 90 * DAY)).toContain('has ended');
});

describe.skipIf(!hasOpenssl())('renewal information', () => {
  function made(...options: string[]) {
    const folder = fs.mkdtempSync('/tmp/trackflow-renewal-');
    onTestFinished(() => fs.rmSync(folder, { recursive: true }));
    return selfSignedFiles(path.join(folder, 'one'), options);
  }

  it('names a certificate by the key of its issuer and its serial number', () => {
    const { certFile } = made('-set_serial', '0x0087654321');
    const shown = execFileSync('openssl', ['x509', '-in', certFile, '-noout', '-ext', 'authorityKeyIdentifier'], {
      encoding: 'utf8',
    });
    const key = /((?:[0-9A-F]{2}:){19}[0-9A-F]{2})/.exec(shown)![1]!.replaceAll(':', '');
    // The serial number is the one of the example in RFC 9773, 4.1.
    expect(renewalId(fs.readFileSync(certFile, 'utf8'))).toBe(
      `${Buffer.from(key, 'hex').toString('base64url')}.AIdlQyE`,
    );
  });

  it('is asked for where the directory says, and says when', async () => {
    const { certFile, keyFile } = made();
    const cert = fs.readFileSync(certFile, 'utf8');
    const asked: string[] = [];
    let window: object = { start: '2026-01-02T00:00:00Z', end: '2026-01-03T00:00:00Z' };
    const server = createServer({ cert, key: fs.readFileSync(keyFile) }, (req, res) => {
      asked.push(req.url!);
      const { port } = server.address() as AddressInfo;
      const renewalInfo = `https://localhost:${port}/info`;
      res.end(JSON.stringify(req.url === '/dir' ? { renewalInfo } : { suggestedWindow: window }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const directoryUrl = `https://localhost:${(server.address() as AddressInfo).port}/dir`;
    const signal = new AbortController().signal;
    const ask = () => suggestedWindow(cert, { directoryUrl, ca: cert, signal });
    expect(await ask()).toEqual({ start: Date.UTC(2026, 0, 2), end: Date.UTC(2026, 0, 3) });
    expect(asked).toEqual(['/dir', `/info/${renewalId(cert)}`]);
    window = { start: 'soon' };
    await expect(ask()).rejects.toThrow();
    // Whom nobody vouches for is not believed.
    await expect(suggestedWindow(cert, { directoryUrl, ca: undefined, signal })).rejects.toThrow(/self-signed/);
  });
});
