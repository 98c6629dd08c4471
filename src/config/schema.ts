import { z } from 'zod';
import { accessSchema, limitsSchema, readsSchema, tlsSchema } from './access-schema.ts';
import { bytes, count, durationMs, file, MIB, path } from './fields.ts';

export const STRATEGIES = ['immediate', 'time', 'size', 'hybrid', 'memory', 'adaptive'] as const;

/** The events of one body are one record of the spool, which may take twice their text and more, and 256 MiB at the most. */
const BODY_BYTES_CEILING = 64 * MIB;

/**
 * Every setting of an instance: key, type, default and meaning (`describe`), in one place. The environment name of a
 * key is derived (`spool.bytesMax` → `TRACKFLOW_SPOOL_BYTES_MAX`); `trackflow config show` prints value and origin.
 * Sizes are bytes, durations milliseconds unless the name says otherwise.
 */
export const configSchema = z.strictObject({
  listen: z
    .strictObject({
      host: z.string().default('127.0.0.1').describe('address the collector listens on'),
      port: count(8080, 0, 65_535, 'port of the collector; 0 picks a free one at the first start and keeps it'),
      collectors: count(0, 0, 64, 'collector threads; 0 means cores − 1, at least one'),
    })
    .prefault({}),
  receive: z
    .strictObject({
      eventsPath: path('/v1/events', 'path that takes events; rename it where blockers know it'),
      bodyBytesMax: bytes(MIB, 1024, 'request body as sent', BODY_BYTES_CEILING),
      decodedBytesMax: bytes(4 * MIB, 1024, 'request body after decompression', BODY_BYTES_CEILING),
      eventsPerRequestMax: count(1_000, 1, 100_000, 'events in one request or WebSocket message'),
      inflightBytesMax: bytes(
        64 * MIB,
        MIB,
        'bytes of unfinished request bodies in one collector, decompressed; above it 503',
      ),
      connectionsMax: count(10_000, 1, 1_000_000, 'open connections of one collector'),
      connectionsPerAddressMax: count(
        1_000,
        0,
        1_000_000,
        'open connections of one address (IPv6: of its /64) at one collector; not of loopback and trusted proxies; 0 is no limit',
      ),
      shedLoopDelayMs: durationMs(
        1_000,
        0,
        600_000,
        'delay of the event loop above which new connections get 503, at twice that all; 0 never',
      ),
      shedSpoolAgeMs: durationMs(0, 0, 604_800_000, 'the same for the age of the oldest spooled event; 0 never'),
      headersTimeoutMs: durationMs(5_000, 100, 600_000, 'time for a complete request head'),
      requestTimeoutMs: durationMs(15_000, 100, 600_000, 'time for a complete request'),
      keepAliveTimeoutMs: durationMs(65_000, 1_000, 600_000, 'idle time before a kept connection is closed'),
      webSocketsMax: count(5_000, 0, 1_000_000, 'open WebSocket connections of one collector'),
      webSocketIdleMs: durationMs(60_000, 1_000, 3_600_000, 'silence after which a WebSocket is pinged, then closed'),
      trustedProxies: z.array(z.string()).default([]).describe('CIDRs whose X-Forwarded-For is believed'),
    })
    .prefault({}),
  tracker: z
    .strictObject({
      path: z
        .string()
        .regex(/^\/[\w./-]+\.js$/, 'a path like /trackflow.js')
        .default('/trackflow.js')
        .describe('path of the browser tracker; rename it where blockers know it'),
      collectPath: z
        .string()
        .regex(/^(\/[\w./-]+)?$/, 'a path like /v1/events')
        .default('')
        .describe('path that pages post to, besides receive.eventsPath; empty is that path'),
      attributePrefix: z
        .string()
        .regex(/^data-([a-z0-9]+-)*$/, 'a prefix like data-')
        .default('data-')
        .describe('what the attributes of the tracker begin with'),
    })
    .prefault({}),
  access: accessSchema,
  tls: tlsSchema,
  limits: limitsSchema,
  reads: readsSchema,
  events: z
    .strictObject({
      pastDaysMax: count(730, 1, 730, 'older client times are replaced by the time of receipt'),
      futureMinutesMax: count(10, 0, 1_440, 'later client times are replaced by the time of receipt'),
      sessionIdleMinutes: count(30, 1, 1_440, 'idle time that ends a derived session'),
      bots: z.enum(['mark', 'drop']).default('mark').describe('what happens to events of bots'),
      retentionDays: count(0, 0, 36_500, 'events that occurred longer ago are deleted, daily; 0 keeps them for ever'),
      propertyKeysMax: count(500, 1, 10_000, 'distinct property keys of one account; further ones go to _overflow'),
    })
    .prefault({}),
  privacy: z
    .strictObject({
      doNotTrack: z.enum(['ignore', 'anonymize', 'drop']).default('anonymize').describe('what DNT: 1 does'),
      globalPrivacyControl: z
        .enum(['ignore', 'anonymize', 'drop'])
        .default('anonymize')
        .describe('what Sec-GPC: 1 does'),
      storeIp: z.boolean().default(false).describe('whether the column ip is filled'),
    })
    .prefault({}),
  geo: z
    .strictObject({
      database: file('path of an mmdb with country or city; empty uses the bundled country database'),
    })
    .prefault({}),
  sfpl: z
    .strictObject({
      origins: z
        .array(z.string())
        .default([])
        .describe('pages that may use /tr/v1 with cookies and WebSockets besides those of its own site; * is all'),
      cookies: z.boolean().default(true).describe('whether /tr/v1 gives visitors who agreed the cookies vid and sid'),
      enforceConsent: z
        .boolean()
        .default(true)
        .describe('whether the jurisdiction of a visitor decides what /tr/v1 keeps without consent'),
      analyticsFlags: count(1_024, 0, 2 ** 31, 'consent flags from which on a visitor may be told apart'),
      marketingFlags: count(4_096, 0, 2 ** 31, 'consent flags from which on ids of advertising networks are kept'),
      redirectHosts: z
        .array(z.string())
        .default([])
        .describe('hosts that rdr and xrdr may lead to besides targets of short links, like shop.example or *.example'),
      redirectDefault: z.string().default('').describe('where rdr and xrdr lead without a url; empty is nowhere'),
      linkDomains: z.array(z.string()).default([]).describe('hosts of this collector: no short link may lead there'),
      linksMax: count(50_000, 0, 1_000_000, 'short links; every collector holds them in memory'),
      pathCredentials: z
        .boolean()
        .default(false)
        .describe('whether /tr/v1/rpi takes user and password in the path, where logs and histories keep them'),
      privateHashPrefix: z
        .string()
        .default('')
        .describe('prefix of the SHA-1 of email, cell and uname; empty uses a key of this instance and SHA-256'),
      ignoreQueryKey: z.string().default('igqp').describe('query parameter that keeps a query out of an event'),
    })
    .prefault({}),
  spool: z
    .strictObject({
      bytesMax: bytes(10 * 1024 * MIB, MIB, 'size of the spool above which events are refused with 503'),
      freeBytesMin: bytes(512 * MIB, 0, 'free disk space below which events are refused with 503'),
      dedupHours: count(24, 1, 720, 'how long a client-given event_id is remembered'),
      dedupRowsMax: count(5_000_000, 1_000, 1_000_000_000, 'how many client-given ids are remembered'),
    })
    .prefault({}),
  flush: z
    .strictObject({
      strategy: z.enum(STRATEGIES).default('hybrid').describe('when a segment is sealed and sent'),
      rowsMax: count(100_000, 1, 500_000, 'rows of one batch'),
      bytesMax: bytes(32 * MIB, 1024, 'bytes of one batch', 64 * MIB),
      ageMsMax: durationMs(1_000, 0, 60_000, 'age at which a batch is sent however small it is'),
      targetMs: durationMs(500, 10, 60_000, 'insert time that the strategy adaptive aims at'),
      timeoutMs: durationMs(30_000, 100, 600_000, 'time for one insert before its outcome counts as unknown'),
    })
    .prefault({}),
  engine: z
    .strictObject({
      kind: z
        .enum(['embedded', 'docker', 'url', 'cluster'])
        .default('embedded')
        .describe('where ClickHouse runs; not set: in the cluster, where trackflow cluster up has made one'),
      url: z.string().default('').describe('HTTP or HTTPS address of ClickHouse, for kind url'),
      user: z.string().default('default').describe('user for kind url'),
      passwordFile: file('file with the password for kind url, mode 0600'),
      database: z
        .string()
        .regex(/^[A-Za-z_]\w{0,62}$/)
        .default('trackflow')
        .describe('database that holds the tables'),
      memoryBytesMax: bytes(
        0,
        0,
        'memory cap of an engine that we run, of each node of a cluster; 0 derives it from the machine',
      ),
      image: z
        .string()
        .regex(/^[\w.\-:@/]*$/, 'the name of an image')
        .default('')
        .describe(
          'image for kinds docker and cluster; empty: the one that worked last, else the official one we were tried with',
        ),
      cpusMax: count(0, 0, 1_024, 'cores a container may use, for kinds docker and cluster; 0 is all'),
      dockerHost: z
        .string()
        .default('')
        .describe('Docker daemon of this machine, like unix:///run/docker.sock; empty asks DOCKER_HOST and context'),
    })
    .prefault({}),
  store: z
    .strictObject({
      url: z
        .string()
        .default('')
        .describe('PostgreSQL that keeps the events, like postgres://tracker@db/shop; empty: ClickHouse keeps them'),
      passwordFile: file('file with the password of that PostgreSQL, mode 0600'),
      caFile: file('PEM file with the root to trust, for sslmode=verify-full'),
    })
    .prefault({}),
  query: z
    .strictObject({
      timeoutMs: durationMs(10_000, 100, 600_000, 'time of one read'),
      rowsMax: count(10_000, 1, 1_000_000, 'rows of one answer'),
      bytesMax: bytes(64 * MIB, MIB, 'bytes of one answer'),
      memoryBytesMax: bytes(1024 * MIB, 64 * MIB, 'memory of one read in the engine'),
      concurrentMax: count(8, 1, 256, 'reads that run at once in one thread; further ones wait, then 503'),
    })
    .prefault({}),
  log: z
    .strictObject({
      level: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('least level that is written'),
      fileBytesMax: bytes(10 * MIB, 64 * 1024, 'size at which a log file is rotated'),
      filesMax: count(5, 1, 100, 'rotated files that are kept'),
    })
    .prefault({}),
  stop: z
    .strictObject({
      timeoutMs: durationMs(
        30_000,
        1_000,
        600_000,
        'time that stop gives to answers and flush; the rest stays spooled',
      ),
    })
    .prefault({}),
});

export type Config = z.infer<typeof configSchema>;
