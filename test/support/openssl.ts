import { execFileSync } from 'node:child_process';
import { available } from './requirement.ts';

/** The program `openssl`, for certificates with a validity and a serial number of one's choice. */
export const hasOpenssl = () =>
  available('openssl', () => {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  });

export interface SelfSigned {
  readonly certFile: string;
  readonly keyFile: string;
}

/** A certificate for `localhost` and 127.0.0.1 that is its own authority, in two files that begin with `base`. */
export function selfSignedFiles(base: string, options: readonly string[] = []): SelfSigned {
  const certFile = `${base}.cert.pem`;
  const keyFile = `${base}.key.pem`;
  const names = 'subjectAltName=DNS:localhost,IP:127.0.0.1';
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', keyFile];
  execFileSync(
    'openssl',
    ['req', '-x509', ...key, '-out', certFile, '-subj', '/CN=test', '-days', '2', '-addext', names, ...options],
    { stdio: 'pipe' },
  );
  return { certFile, keyFile };
}
