import { randomBytes } from 'node:crypto';
import path from 'node:path';
import type { HomePaths } from '../src/config/home.ts';
import type { Config } from '../src/config/schema.ts';
import type { Closers } from './lifecycle.ts';
import type { Log } from './log.ts';
import type { AcmeChallenges, Certificate, TlsOptions } from './receive/secure-server.ts';
import { openAcmeSource } from './tls/acme/acme-source.ts';
import type { KnownCertificate } from './tls/certificate.ts';
import { expiryProblem } from './tls/expiry.ts';
import { openFileSource } from './tls/file-source.ts';
import { openRedirectServer, type RedirectServer } from './tls/redirect-server.ts';

const TICKET_KEY_BYTES = 48;
const WARN_EVERY_MS = 86_400_000;

export interface TlsParts {
  readonly config: Config;
  readonly paths: HomePaths;
  /** Port of the collectors. */
  readonly port: number;
  readonly closers: Closers;
  readonly log: Log;
  readonly now: () => number;
  readonly sendCertificate: (certificate: Certificate) => void;
  /** Resolves when every collector answers them. */
  readonly sendChallenges: (challenges: AcmeChallenges) => Promise<void>;
}

export interface Tls {
  /** For a collector that starts now. */
  options(): TlsOptions;
  /** What is wrong with the certificate; empty when nothing is. */
  problems(): readonly string[];
  /** To be called when the collectors listen. */
  begin(): void;
}

/** TLS as it is configured, or null. Throws TF_CONFIG and what files and ports throw. */
export async function openTls(parts: TlsParts): Promise<Tls | null> {
  const { config, paths, port, closers, log, now, sendCertificate, sendChallenges } = parts;
  const { tls, listen } = config;
  if (tls.certFile === '' && tls.acmeDomains.length === 0) return null;
  const redirect = tls.httpPort === 0 ? null : await openRedirectServer(listen.host, tls.httpPort, port);
  if (redirect !== null) closers.push('redirect', () => redirect.close());

  const ticketKeys = randomBytes(TICKET_KEY_BYTES);
  const events = {
    changed: (certificate: KnownCertificate) => {
      log.write('info', 'receive', 'certificate_replaced', { until: new Date(certificate.notAfter).toISOString() });
      sendCertificate({ cert: certificate.cert, key: certificate.key });
    },
    failed: (error: unknown) => log.write('error', 'receive', 'certificate_failed', { error: String(error) }),
  };
  const source = await (tls.certFile !== ''
    ? openFileSource(tls.certFile, tls.keyFile, events)
    : openAcmeSource({
        tls,
        folder: path.join(paths.home, 'acme'),
        prove: (challenges) => proveEverywhere(challenges, redirect, sendChallenges),
        events,
        now,
        random: Math.random,
      }));
  closers.push('certificate', () => source.close());

  const problems = () => {
    const problem = expiryProblem(source.current(), now());
    return problem === undefined ? [] : [problem];
  };
  const warn = () => {
    for (const problem of problems()) log.write('warn', 'receive', 'certificate_expiring', { problem });
  };
  const timer = setInterval(warn, WARN_EVERY_MS).unref();
  closers.push('certificate warning', () => clearInterval(timer));
  return {
    options: () => {
      const { cert, key } = source.current();
      return { certificate: { cert, key }, ticketKeys };
    },
    problems,
    begin: () => {
      warn();
      if ('begin' in source) source.begin();
    },
  };
}

async function proveEverywhere(
  challenges: AcmeChallenges,
  redirect: RedirectServer | null,
  sendChallenges: TlsParts['sendChallenges'],
): Promise<void> {
  redirect?.answerChallenges(challenges.http);
  await sendChallenges(challenges);
}
