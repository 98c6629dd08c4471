import type { KnownCertificate } from './certificate.ts';

const DAY_MS = 86_400_000;
const WARN_DAYS = 14;
/** Part of its life at whose end a certificate ought to have been replaced: renewal is due at two thirds. */
const WARN_SHARE = 1 / 4;

/** What is wrong with the life of a certificate, as one sentence; undefined while there is time. */
export function expiryProblem({ notBefore, notAfter }: KnownCertificate, now: number): string | undefined {
  if (now >= notAfter) return `the certificate has ended on ${dayOf(notAfter)}`;
  const left = notAfter - now;
  if (left > Math.min(WARN_DAYS * DAY_MS, (notAfter - notBefore) * WARN_SHARE)) return undefined;
  return `the certificate ends on ${dayOf(notAfter)}, in ${Math.floor(left / DAY_MS)} days`;
}

function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}
