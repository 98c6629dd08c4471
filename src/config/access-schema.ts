import { z } from 'zod';
import { bytes, count, durationMs, file } from './fields.ts';

const whom = (meaning: string) => z.enum(['auto', 'anyone', 'key']).default('auto').describe(meaning);

/** Who may send and read, and how that is proven. */
export const accessSchema = z
  .strictObject({
    write: whom('who may send events: anyone, or who has a key; auto is anyone on loopback, else a key'),
    read: whom('who may read events and figures: anyone, or who has a key; auto is anyone on loopback, else a key'),
    hosts: z
      .array(z.string())
      .default([])
      .describe('names, besides loopback ones, under which reads on loopback answer (DNS rebinding)'),
    accountsFrom: z
      .string()
      .default('')
      .describe('PostgreSQL that has the accounts, like postgres://tracker@db/shop; empty: they are kept here'),
    accountsTable: z
      .string()
      .regex(/^[A-Za-z_]\w{0,62}(\.[A-Za-z_]\w{0,62})?$/)
      .default('accounts')
      .describe('table of the accounts there'),
    accountsPasswordFile: file('file with the password of that PostgreSQL, mode 0600'),
    accountsRefreshMs: durationMs(1_000, 100, 3_600_000, 'how often that table is read'),
    jwtIssuer: z.string().default('').describe('issuer of tokens that are taken besides keys; empty takes none'),
    jwtAudience: z.string().default('').describe('audience that those tokens must be for'),
    jwtJwksUrl: z.string().default('').describe('where the issuer has its keys; empty: /.well-known/jwks.json there'),
    jwtAccountsClaim: z
      .string()
      .default('')
      .describe('claim with the list of accounts that a token is for; empty: tokens are for all'),
  })
  .prefault({});

/** HTTPS, by files or by ACME. */
export const tlsSchema = z
  .strictObject({
    certFile: file('PEM file with the certificate and its chain; with tls.keyFile the collector speaks HTTPS'),
    keyFile: file('PEM file with the key of the certificate, mode 0600'),
    hstsSeconds: count(0, 0, 63_072_000, 'how long browsers are told to insist on HTTPS (HSTS); 0 says nothing'),
    httpPort: count(0, 0, 65_535, 'port that sends HTTP on to HTTPS and answers http-01; 0 is none, the usual one 80'),
    acmeDomains: z.array(z.string()).default([]).describe('names to get a certificate for by ACME'),
    acmeEmail: z.string().default('').describe('address that the certificate authority may write to'),
    acmeAgreeTerms: z.boolean().default(false).describe('whether you agree to the terms of the authority'),
    acmeDirectory: z
      .string()
      .default('https://acme-v02.api.letsencrypt.org/directory')
      .describe('ACME directory of the certificate authority'),
    acmeStaging: z.boolean().default(false).describe("use Let's Encrypt's staging directory, for trying it out"),
    acmeChallenge: z
      .enum(['http-01', 'tls-alpn-01'])
      .default('tls-alpn-01')
      .describe('how names are proven: over port 80, or over port 443 alone'),
    acmeCaFile: file('PEM file with the root that the ACME directory itself is trusted by; empty: the usual ones'),
  })
  .prefault({});

/** How much anybody may send. */
export const limitsSchema = z
  .strictObject({
    addressEventsPerSecond: count(0, 0, 1_000_000, 'events a second of one address (IPv6: of its /64); 0 is no limit'),
    addressBytesPerSecond: bytes(0, 0, 'bytes of requests a second of one address; 0 is no limit', 1e9),
    addressEventsPerDay: count(0, 0, 1e12, 'events a UTC day of one address; 0 is no limit'),
    addressBytesPerDay: bytes(0, 0, 'bytes of requests a UTC day of one address; 0 is no limit', 1e14),
    accountEventsPerSecond: count(0, 0, 1_000_000, 'events a second of an account without a limit of its own'),
    accountBytesPerSecond: bytes(0, 0, 'bytes of requests a second of such an account; 0 is no limit', 1e9),
    accountEventsPerDay: count(0, 0, 1e12, 'events a UTC day of such an account; 0 is no limit'),
    accountBytesPerDay: bytes(0, 0, 'bytes of requests a UTC day of such an account; 0 is no limit', 1e14),
  })
  .prefault({});

/** Where reads are answered. */
export const readsSchema = z
  .strictObject({
    listen: z
      .string()
      .default('')
      .describe(
        'where reads, status and metrics answer: collector (with the events), 127.0.0.1:8081, unix:/path; empty is collector on loopback, else a free port of 127.0.0.1',
      ),
  })
  .prefault({});
