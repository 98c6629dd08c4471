import type { GaugeName } from './catalogue.ts';
import type { Counters } from './counters.ts';
import { ShardClients, type ShardPlace } from './shard-clients.ts';

const EVERY_MS = 5_000;
const TIMEOUT_MS = 3_000;

/** One small statement over system tables: a millisecond of the server, whatever the size of the table. */
const STATEMENT = `
SELECT
  (SELECT count() FROM system.parts WHERE active AND database = currentDatabase() AND table = 'events') AS engine_parts,
  (SELECT sum(rows) FROM system.parts WHERE active AND database = currentDatabase() AND table = 'events')
    AS engine_table_rows,
  (SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = currentDatabase() AND table = 'events')
    AS engine_table_bytes,
  (SELECT count() FROM system.merges WHERE database = currentDatabase()) AS engine_merges,
  (SELECT sum(value) FROM system.metrics WHERE metric = 'MemoryTracking') AS engine_memory_bytes,
  (SELECT any(value) FROM system.server_settings WHERE name = 'max_server_memory_usage') AS memory_max`;

/** The same where PostgreSQL keeps the events; the engine's own parts are none of them. */
const STORE_STATEMENT = `
SELECT 0 AS engine_parts, 0 AS engine_merges,
  (SELECT sum(rows) FROM table_sizes WHERE name = 'events') AS engine_table_rows,
  (SELECT sum(bytes) FROM table_sizes WHERE name = 'events') AS engine_table_bytes,
  (SELECT sum(value) FROM system.metrics WHERE metric = 'MemoryTracking') AS engine_memory_bytes,
  (SELECT any(value) FROM system.server_settings WHERE name = 'max_server_memory_usage') AS memory_max`;

const GAUGES = [
  'engine_parts',
  'engine_table_rows',
  'engine_table_bytes',
  'engine_merges',
  'engine_memory_bytes',
] as const satisfies readonly GaugeName[];

export interface EngineFiguresOptions {
  readonly shards: readonly ShardPlace[];
  readonly counters: Counters;
}

/**
 * What the engine says of itself, every five seconds, as gauges: of all shards together. While one is away, or says nothing
 * (a user without the right to read system tables), they are NaN: a part would pass for the whole. One question at a time; one that hangs is given up.
 */
export class EngineFigures {
  /** Memory cap of the server; null when it has none or does not tell. */
  memoryBytesMax: number | null = null;
  readonly #options: EngineFiguresOptions;
  readonly #clients: ShardClients;
  readonly #statement: string;
  readonly #timer: NodeJS.Timeout;
  readonly #closing = new AbortController();
  #asking = false;

  constructor(options: EngineFiguresOptions) {
    this.#options = options;
    this.#clients = new ShardClients(options.shards);
    this.#statement = options.shards.some(({ endpoint }) => endpoint.viewsPostgres) ? STORE_STATEMENT : STATEMENT;
    this.#forget();
    this.#timer = setInterval(() => void this.#ask(), EVERY_MS);
    this.#timer.unref();
  }

  /** Asks at once, as when the engine has come up. */
  refresh(): void {
    void this.#ask();
  }

  close(): Promise<void> {
    clearInterval(this.#timer);
    this.#closing.abort();
    return this.#clients.close();
  }

  async #ask(): Promise<void> {
    if (this.#clients.away !== '') return this.#forget();
    if (this.#asking || this.#closing.signal.aborted) return;
    this.#asking = true;
    try {
      const options = { timeoutMs: TIMEOUT_MS, signal: this.#closing.signal };
      const rows = (
        await this.#clients.ask((client) => client.query<Record<string, unknown>>(this.#statement, {}, options))
      ).flat();
      const total = (name: string) => rows.reduce((sum, row) => sum + Number(row[name]), 0);
      for (const gauge of GAUGES) this.#options.counters.set(gauge, total(gauge));
      this.memoryBytesMax = total('memory_max') || null;
    } catch {
      this.#forget();
    } finally {
      this.#asking = false;
    }
  }

  #forget(): void {
    for (const gauge of GAUGES) this.#options.counters.set(gauge, Number.NaN);
  }
}
