import fs from 'node:fs';
import type { Config } from '../../../src/config/schema.ts';
import type { AcmeChallenges } from '../../receive/secure-server.ts';
import { type KnownCertificate, knownCertificate } from '../certificate.ts';
import type { CertificateSource, SourceEvents } from '../source.ts';
import { suggestedWindow } from './ari.ts';
import { type AuthorityOptions, orderCertificate, selfSigned } from './authority.ts';
import { AcmeFiles } from './files.ts';
import { momentIn, renewAt } from './renewal.ts';

const STAGING = 'https://acme-staging-v02.api.letsencrypt.org/directory';
const LOOK_EVERY_MS = 60_000;
const ASK_EVERY_MS = 6 * 3_600_000;
/** After a failure: doubled each time, so that the limits of an authority (five an hour) are not reached. */
const RETRY_MS_MIN = 60_000;
const RETRY_MS_MAX = 6 * 3_600_000;

export interface AcmeSourceOptions {
  readonly tls: Config['tls'];
  readonly folder: string;
  readonly prove: (challenges: AcmeChallenges) => Promise<void>;
  readonly events: SourceEvents;
  readonly now: () => number;
  /** From 0 to 1. */
  readonly random: () => number;
}

export interface AcmeSource extends CertificateSource {
  /** Begins to order and renew; to be called when the listeners are there. */
  begin(): void;
}

/**
 * A certificate from an authority, kept in `folder` and renewed in time: when the authority suggests it (ARI), else at
 * two thirds of its life. Until the first one is there the collector listens with one of its own making.
 *
 * Promises: an order that fails changes nothing and is tried again with growing pauses; one at a time; what is used has
 * been saved.
 */
export async function openAcmeSource(options: AcmeSourceOptions): Promise<AcmeSource> {
  const { tls, folder, prove, events, now, random } = options;
  const files = new AcmeFiles(folder);
  const saved = files.certificate();
  let current = saved === undefined ? undefined : knownCertificate(saved, 'certificate.json', 'certificate.json');
  if (current !== undefined && !isFor(current, tls.acmeDomains)) current = undefined;
  const domain = tls.acmeDomains[0]!;
  const stopgap = current ?? knownCertificate(await selfSigned(domain), 'the stopgap', 'the stopgap');
  const ca = tls.acmeCaFile === '' ? undefined : fs.readFileSync(tls.acmeCaFile, 'utf8');
  const authority: AuthorityOptions = {
    directoryUrl: tls.acmeStaging ? STAGING : tls.acmeDirectory,
    ca,
    domains: tls.acmeDomains,
    email: tls.acmeEmail,
    challenge: tls.acmeChallenge,
    files,
    prove,
  };

  const stopping = new AbortController();
  let dueAt = current === undefined ? 0 : renewAt(current.notBefore, current.notAfter, random);
  let askAt = 0;
  let failures = 0;
  let isWorking = false;

  async function look(): Promise<void> {
    if (current !== undefined && failures === 0 && now() >= askAt) {
      askAt = now() + ASK_EVERY_MS;
      const ask = { directoryUrl: authority.directoryUrl, ca, signal: stopping.signal };
      // An authority that cannot be asked is no reason to do nothing: two thirds of its life stand.
      const window = await suggestedWindow(current.cert, ask).catch(() => undefined);
      if (window !== undefined) dueAt = Math.min(dueAt, momentIn(window, random));
    }
    if (now() < dueAt || stopping.signal.aborted) return;
    try {
      const made = await orderCertificate(authority, current?.cert);
      files.saveCertificate(made);
      current = knownCertificate(made, 'the certificate', 'the key');
      failures = 0;
      askAt = 0;
      dueAt = renewAt(current.notBefore, current.notAfter, random);
      events.changed(current);
    } catch (error) {
      const pauseMs = Math.min(RETRY_MS_MIN * 2 ** failures++, RETRY_MS_MAX);
      dueAt = now() + pauseMs * (1 + random() / 4);
      if (!stopping.signal.aborted) events.failed(error);
    }
  }
  const run = () => {
    if (isWorking) return;
    isWorking = true;
    void look().finally(() => {
      isWorking = false;
    });
  };
  let timer: NodeJS.Timeout | undefined;
  return {
    current: () => current ?? stopgap,
    begin() {
      run();
      timer = setInterval(run, LOOK_EVERY_MS).unref();
    },
    close() {
      // An order under way is left to itself: what it would bring is asked for again by the next daemon.
      clearInterval(timer);
      stopping.abort();
    },
  };
}

function isFor({ names }: KnownCertificate, domains: readonly string[]): boolean {
  return domains.every((domain) => names.includes(domain));
}
