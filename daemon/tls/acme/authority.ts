/**
 * Gets certificates from an authority by ACME (RFC 8555): the only importer of its client. It is loaded when the first
 * one is asked for, as most instances never do.
 */
import { Agent } from 'node:https';
import type { Authorization, Client } from 'acme-client';
import { TrackflowError } from '../../../src/errors/error.ts';
import type { AcmeChallenges, Certificate } from '../../receive/secure-server.ts';
import type { AcmeFiles } from './files.ts';
import { renewalId } from './renewal.ts';

/** The client asks this often whether a challenge or an order is decided, with growing pauses. */
const POLLS_MAX = 20;
const POLL_MS_MIN = 1_000;
const POLL_MS_MAX = 10_000;

export interface AuthorityOptions {
  readonly directoryUrl: string;
  /** Root that the directory is trusted by; undefined: the usual ones. */
  readonly ca: string | undefined;
  readonly domains: readonly string[];
  readonly email: string;
  readonly challenge: 'http-01' | 'tls-alpn-01';
  readonly files: AcmeFiles;
  /** Resolves when every listener answers these challenges, and no others. */
  readonly prove: (challenges: AcmeChallenges) => Promise<void>;
}

/**
 * Orders a certificate for all domains, proving each. `replaces`: the one whose place it takes, so that the authority
 * counts it as a renewal. Rejects with TF_FAILED that says what the authority said.
 */
export async function orderCertificate(options: AuthorityOptions, replaces: string | undefined): Promise<Certificate> {
  const { domains, prove } = options;
  const { client, acme } = await openClient(options);
  try {
    const identifiers = domains.map((value) => ({ type: 'dns', value }));
    const id = replaces === undefined ? undefined : renewalId(replaces);
    // `replaces` is of RFC 9773, which is younger than the client; an authority that does not know it passes over it.
    const order = await client.createOrder(id === undefined ? { identifiers } : withReplaced(identifiers, id));
    const open = (await client.getAuthorizations(order)).filter(({ status }) => status !== 'valid');
    await proveAll(options, client, acme, open);
    const [key, csr] = await acme.crypto.createCsr(
      { altNames: [...domains] },
      await acme.crypto.createPrivateEcdsaKey(),
    );
    const finalized = await client.finalizeOrder(order, csr);
    const cert = await client.getCertificate(finalized);
    return { cert, key: key.toString() };
  } catch (cause) {
    const message = `no certificate for ${domains.join(', ')} from ${options.directoryUrl}: ${(cause as Error).message}`;
    throw new TrackflowError('TF_FAILED', message, { cause });
  } finally {
    await prove({ http: [], alpn: [] });
  }
}

/** A certificate of nobody, to listen with until there is one. */
export async function selfSigned(domain: string): Promise<Certificate> {
  const acme = await import('acme-client');
  const [key, cert] = await acme.crypto.createAlpnCertificate(authorizationOf(domain), 'none yet');
  return { cert: cert.toString(), key: key.toString() };
}

type Acme = typeof import('acme-client');

async function openClient({ directoryUrl, ca, email, files }: AuthorityOptions): Promise<{
  readonly client: Client;
  readonly acme: Acme;
}> {
  const acme = await import('acme-client');
  if (ca !== undefined) acme.axios.defaults.httpsAgent = new Agent({ ca });
  let accountKey = files.accountKey();
  if (accountKey === undefined) {
    accountKey = (await acme.crypto.createPrivateEcdsaKey()).toString();
    files.saveAccountKey(accountKey);
  }
  const client = new acme.Client({
    directoryUrl,
    accountKey,
    backoffAttempts: POLLS_MAX,
    backoffMin: POLL_MS_MIN,
    backoffMax: POLL_MS_MAX,
  });
  // With a key that it knows, the authority answers with the account that is there.
  await client.createAccount({
    termsOfServiceAgreed: true,
    ...(email !== '' && { contact: [`mailto:${email}`] }),
  });
  return { client, acme };
}

async function proveAll(
  { challenge: type, prove }: AuthorityOptions,
  client: Client,
  acme: Acme,
  authorizations: readonly Authorization[],
): Promise<void> {
  const http: [string, string][] = [];
  const alpn: [string, Certificate][] = [];
  const challenges = authorizations.map((authorization) => {
    const challenge = authorization.challenges.find((one) => one.type === type);
    if (challenge === undefined) throw new Error(`${authorization.identifier.value} cannot be proven by ${type}`);
    return { authorization, challenge };
  });
  for (const { authorization, challenge } of challenges) {
    const answer = await client.getChallengeKeyAuthorization(challenge);
    if (type === 'http-01') http.push([challenge.token, answer]);
    else {
      const [key, cert] = await acme.crypto.createAlpnCertificate(authorization, answer);
      alpn.push([authorization.identifier.value, { cert: cert.toString(), key: key.toString() }]);
    }
  }
  await prove({ http, alpn });
  for (const { challenge } of challenges) {
    await client.completeChallenge(challenge);
    await client.waitForValidStatus(challenge);
  }
}

function withReplaced(identifiers: { type: string; value: string }[], replaces: string) {
  return { identifiers, replaces };
}

/** The part of an authorization that the maker of certificates looks at. */
function authorizationOf(domain: string): Authorization {
  return { identifier: { type: 'dns', value: domain } } as Authorization;
}
