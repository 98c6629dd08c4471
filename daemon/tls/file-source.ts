import fs from 'node:fs';
import { type KnownCertificate, readCertificate } from './certificate.ts';
import type { CertificateSource, SourceEvents } from './source.ts';

const LOOK_EVERY_MS = 1_000;

/**
 * A certificate in two files of the operator's, taken anew when they change: whoever renews it only has to write them.
 * Files that do not fit together (one is written, the other not yet) change nothing. Throws as `readCertificate` does
 * when they do not from the beginning.
 */
export function openFileSource(certFile: string, keyFile: string, events: SourceEvents): CertificateSource {
  let current = readCertificate(certFile, keyFile);
  let seen = stampOf(certFile, keyFile);
  const timer = setInterval(() => {
    const stamp = stampOf(certFile, keyFile);
    if (stamp === seen) return;
    seen = stamp;
    try {
      const next: KnownCertificate = readCertificate(certFile, keyFile);
      if (next.cert === current.cert && next.key === current.key) return;
      current = next;
      events.changed(next);
    } catch (error) {
      events.failed(error);
    }
  }, LOOK_EVERY_MS).unref();
  return { current: () => current, close: () => clearInterval(timer) };
}

/** Changes when one of the files does, also when it is another one behind a link. */
function stampOf(...files: readonly string[]): string {
  return files
    .map((file) => {
      const found = fs.statSync(file, { throwIfNoEntry: false });
      return found === undefined ? 'none' : `${found.ino} ${found.mtimeMs} ${found.size}`;
    })
    .join(' ');
}
