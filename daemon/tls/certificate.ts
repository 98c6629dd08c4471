import { createPrivateKey, X509Certificate } from 'node:crypto';
import fs from 'node:fs';
import { TrackflowError } from '../../src/errors/error.ts';
import { fileError } from '../../src/errors/file-error.ts';
import type { Certificate } from '../receive/secure-server.ts';

/** A certificate with what it says about itself. Times are milliseconds since the epoch. */
export interface KnownCertificate extends Certificate {
  readonly notBefore: number;
  readonly notAfter: number;
  /** DNS names that it is for, as it has them. */
  readonly names: readonly string[];
}

/** Reads a certificate and its key. Throws TF_CONFIG naming the file and what is wrong, TF_PERMISSION or TF_IO. */
export function readCertificate(certFile: string, keyFile: string): KnownCertificate {
  const mode = modeOf(keyFile);
  if ((mode & 0o007) !== 0) {
    throw new TrackflowError('TF_CONFIG', `${keyFile} is open to every user (mode ${mode.toString(8)})`, {
      hints: [`chmod 600 ${keyFile}`],
    });
  }
  return knownCertificate({ cert: read(certFile), key: read(keyFile) }, certFile, keyFile);
}

/** Looks into a certificate, and proves that the key is its own. Throws TF_CONFIG; the names are for its message. */
export function knownCertificate({ cert, key }: Certificate, certName: string, keyName: string): KnownCertificate {
  const leaf = attempt(() => new X509Certificate(cert), `${certName} holds no certificate in PEM`);
  const privateKey = attempt(() => createPrivateKey(key), `${keyName} holds no key in PEM`);
  if (!leaf.checkPrivateKey(privateKey)) {
    throw new TrackflowError('TF_CONFIG', `the key in ${keyName} is not that of the first certificate in ${certName}`);
  }
  return {
    cert,
    key,
    notBefore: Date.parse(leaf.validFrom),
    notAfter: Date.parse(leaf.validTo),
    names: (leaf.subjectAltName ?? '').split(', ').flatMap((name) => /^DNS:(.+)$/.exec(name)?.[1] ?? []),
  };
}

function attempt<Value>(look: () => Value, message: string): Value {
  try {
    return look();
  } catch {
    // OpenSSL's words could repeat what is in the file.
    throw new TrackflowError('TF_CONFIG', message);
  }
}

function modeOf(file: string): number {
  try {
    return fs.statSync(file).mode & 0o777;
  } catch (cause) {
    throw fileError(cause, 'read', file);
  }
}

function read(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (cause) {
    throw fileError(cause, 'read', file);
  }
}
