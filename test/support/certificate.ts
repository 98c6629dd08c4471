import * as acme from 'acme-client';
import type { Certificate } from '../../daemon/receive/secure-server.ts';

/** A certificate of its own making for one name, and its key; its time is over, so it is told by its fingerprint. */
export async function makeCertificate(name: string, mark = 'test'): Promise<Certificate> {
  const authorization = { identifier: { type: 'dns', value: name } } as acme.Authorization;
  const [key, cert] = await acme.crypto.createAlpnCertificate(authorization, mark);
  return { cert: cert.toString(), key: key.toString() };
}
