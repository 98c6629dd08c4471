import type { MessagePort } from 'node:worker_threads';
import type { Endpoint } from '../../src/clickhouse/endpoint.ts';
import type { Config } from '../../src/config/schema.ts';
import type { TableName } from '../../src/event/tables.ts';
import type { StoreAccess } from '../../src/postgres/store-access.ts';
import type { Ask, RegistryCopy, RegistryNews } from '../../src/registry/registry.ts';
import type { AccessChange, AccessSnapshot } from '../access/book.ts';
import type { MeterMemory } from '../access/limits/meters.ts';
import type { HeldMonths, HoldLimits } from '../flush/hold.ts';
import type { ReadsAt } from '../receive/reads/place.ts';
import type { AcmeChallenges, Certificate, TlsOptions } from '../receive/secure-server.ts';
import type { AskReply } from '../registry/collector-registry.ts';
import type { DeadLetterRow } from '../state/spool-state.ts';
import type { TailedLines, TailRequest } from '../tail/tap.ts';
import type { InternalEvent } from '../telemetry/catalogue.ts';
import type { SourceDelta } from '../telemetry/sources.ts';

/**
 * What the main thread and its worker threads say to each other. Events never pass the main thread, but for copies that
 * somebody tails.
 */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** A line for the log; the main thread alone writes it. `fields` hold no unescaped event text. */
export interface LogMessage {
  readonly type: 'log';
  readonly level: LogLevel;
  readonly step: string;
  readonly event: InternalEvent;
  readonly fields: Readonly<Record<string, string | number | boolean>>;
}

export interface ThreadBasics {
  readonly config: Config;
  readonly counters: SharedArrayBuffer;
  /** Region of the counter memory that is this thread's. */
  readonly region: number;
}

export interface SpoolThreadData extends ThreadBasics {
  /** How many shards the engine has; each table has a lane for each. */
  readonly shards: number;
  readonly spoolFolder: string;
  readonly stateFile: string;
  readonly stateSchemaFolder: string;
  /** The PostgreSQL that rows go to; null: they go to the engine. */
  readonly store: StoreAccess | null;
}

/** One port for each table, so that tables never wait for each other. */
export type LanePorts = Readonly<Record<string, MessagePort>>;

/** Rows of a table, over all lanes that lead into it. */
export interface TableTotals {
  readonly stored: number;
  readonly deadLettered: number;
  readonly spooled: number;
}

export type ToSpool =
  /** The collector's end of each table's lanes, by name. */
  | { readonly type: 'collector'; readonly lanes: LanePorts }
  /** The place of the rows of a shard (index) answers and its schema is in place (`endpoint`), or it went away (null). */
  | { readonly type: 'engine'; readonly shard: number; readonly endpoint: Endpoint | null }
  | { readonly type: 'seal' }
  | { readonly type: 'deadletters'; readonly id: number; readonly operation: DeadLetterOperation }
  /** Keep batches of these months (YYYYMM) from the engine until `release`; see `daemon/flush/hold.ts`. */
  | ({ readonly type: 'hold'; readonly id: number; readonly months: HeldMonths } & HoldLimits)
  /** Let the hold last longer; answered like `hold`, with whether there still is one. */
  | { readonly type: 'extend'; readonly id: number; readonly holdMs: number }
  | { readonly type: 'release'; readonly id: number }
  | { readonly type: 'stop'; readonly deadlineMs: number };

/** What waits in one lane. */
export interface LaneFigures {
  readonly name: string;
  /** From 1. */
  readonly shard: number;
  readonly rows: number;
}

export type DeadLetterOperation =
  | { readonly do: 'list' }
  | { readonly do: 'replay' | 'drop'; readonly batches: readonly string[] | 'all' };

export type FromSpool =
  | LogMessage
  | { readonly type: 'opened'; readonly tables: Readonly<Record<TableName, TableTotals>> }
  | { readonly type: 'flush'; readonly lastError: string }
  /** When it changed, where a table has several lanes. */
  | { readonly type: 'lanes'; readonly lanes: readonly LaneFigures[] }
  | {
      readonly type: 'deadletters';
      readonly id: number;
      readonly letters: readonly DeadLetterRow[];
      readonly changed: number;
    }
  | { readonly type: 'deadletters'; readonly id: number; readonly error: string }
  | { readonly type: 'held'; readonly id: number; readonly granted: boolean }
  | { readonly type: 'stopped'; readonly rows: number }
  /** The disk could not confirm a write. Nothing may be acknowledged any more: the process must end at once. */
  | { readonly type: 'fatal'; readonly error: string };

/** Salt of one UTC day: number of days since the epoch, and random text. */
export type DaySalt = readonly [day: number, salt: string];
export type AccountKey = readonly [account: string, key: string];

export interface CollectorThreadData extends ThreadBasics {
  readonly endpoint: Endpoint;
  readonly shards: number;
  readonly lanes: LanePorts;
  readonly sessions: SharedArrayBuffer;
  /** Memory of `visitors.ts`, and which region of it is this collector's. */
  readonly visitors: SharedArrayBuffer;
  readonly visitorsRegion: number;
  readonly salts: readonly DaySalt[];
  readonly propertyKeys: readonly AccountKey[];
  readonly access: AccessSnapshot;
  /** What counts towards limits, for all collectors. */
  readonly meters: MeterMemory;
  readonly readsAt: ReadsAt;
  /** The certificate of the moment; null: plain HTTP. */
  readonly tls: TlsOptions | null;
  readonly registry: RegistryCopy;
}

export type ToCollector =
  | { readonly type: 'salts'; readonly salts: readonly DaySalt[] }
  | { readonly type: 'learn'; readonly keys: readonly AccountKey[] }
  | { readonly type: 'status'; readonly id: number; readonly status: object }
  /** The answer to an `ask`. */
  | { readonly type: 'replied'; readonly reply: AskReply }
  | { readonly type: 'news'; readonly news: RegistryNews }
  /** Whether anybody watches the control stream: only then figures per source are kept and sent. */
  | { readonly type: 'watch'; readonly watched: boolean }
  /** Who tails from now on; nobody when it is empty. */
  | { readonly type: 'tails'; readonly tails: readonly TailRequest[] }
  /** Accounts and keys have changed. */
  | { readonly type: 'access'; readonly change: AccessChange }
  | { readonly type: 'certificate'; readonly certificate: Certificate }
  /** Answer these challenges of an ACME server; told back when it is done. */
  | { readonly type: 'challenges'; readonly id: number; readonly challenges: AcmeChallenges }
  | { readonly type: 'close'; readonly deadlineMs: number };

export type FromCollector =
  | LogMessage
  | { readonly type: 'listening'; readonly port: number }
  | { readonly type: 'failed'; readonly code: string; readonly message: string; readonly hints: readonly string[] }
  | { readonly type: 'learned'; readonly keys: readonly AccountKey[] }
  | { readonly type: 'status'; readonly id: number }
  /** The challenges of that message are answered from now on. */
  | { readonly type: 'challenging'; readonly id: number }
  | { readonly type: 'ask'; readonly id: number; readonly ask: Ask }
  /** Once a second while somebody watches, when there is anything. */
  | { readonly type: 'sources'; readonly sources: readonly SourceDelta[] }
  /** Keys that were used, and when last (milliseconds since the epoch). */
  | { readonly type: 'used'; readonly keys: ReadonlyMap<string, number> }
  | { readonly type: 'tailed'; readonly tailed: readonly TailedLines[] }
  | { readonly type: 'closed' };
