import { MigrationLedger, readMigration, writeMigration } from '../../../daemon/tasks/migration-ledger.ts';
import { TaskStore } from '../../../daemon/tasks/store.ts';
import { openClickHouse } from '../../../src/clickhouse/client.ts';
import type { MigrationPlan } from '../../../src/migrate/plan.ts';
import { parseAddress } from '../../../src/migrate/postgres/address.ts';
import type { SourceAccess } from '../../../src/migrate/postgres/connection.ts';
import { migratePostgres, planPostgres, verifyPostgres } from '../../../src/migrate/postgres-migration.ts';
import { type MigrateParams, migrateParams } from '../../../src/migrate/request.ts';
import { StateFile } from '../../daemon/state/state-file.ts';
import type { TestEngine } from '../../support/engine.ts';
import type { TestPostgres } from '../../support/postgres.ts';

const READY_MS = 30_000;

/** Migrations from one PostgreSQL into one engine, with a ledger in a real state.db. */
export class MigrationRig {
  readonly file = new StateFile();
  readonly engine: TestEngine;
  readonly access: SourceAccess;
  readonly retries: string[] = [];
  /** Why logs could not be followed any more. */
  readonly lost: string[] = [];
  /** How often a migration began to follow. */
  copied = 0;

  constructor(postgres: TestPostgres, engine: TestEngine) {
    this.engine = engine;
    this.access = { address: parseAddress(postgres.url).address, password: null };
  }

  params(given: Partial<MigrateParams>): MigrateParams {
    return migrateParams.parse({ ...DEFAULTS, source: this.access.address.url, ...given });
  }

  plan(given: Partial<MigrateParams> = {}): Promise<MigrationPlan> {
    return planPostgres(this.access, this.params(given));
  }

  /** A task with its plan; `run` may be called for it again and again. */
  async begin(given: Partial<MigrateParams> = {}): Promise<number> {
    const plan = await this.plan(given);
    const { id } = new TaskStore(this.file.db).create(
      { kind: 'migrate', params: this.params(given), steps: ['copy'], scheduled: false },
      Date.now(),
    );
    writeMigration(this.file.db, id, id, plan);
    return id;
  }

  ledger(task: number): MigrationLedger {
    return new MigrationLedger(this.file.db, task, readMigration(this.file.db, task)!.job);
  }

  async run(task: number, given: Partial<MigrateParams> = {}, signal: AbortSignal = new AbortController().signal) {
    return migratePostgres({
      access: this.access,
      params: this.params(given),
      plan: readMigration(this.file.db, task)!.plan,
      ledger: this.ledger(task),
      client: openClickHouse(this.engine.endpoint, 'writer'),
      ready: () => this.engine.engine.ready(READY_MS),
      signal,
      now: Date.now,
      elapsed: () => performance.now(),
      onProgress: () => {},
      onChunk: () => {},
      onRetry: (error) => this.retries.push(String(error)),
      onStored: () => {},
      onLogLost: (why) => this.lost.push(why),
      isPaused: () => false,
      onCopied: () => this.copied++,
    });
  }

  /** What `--verify-only` does. */
  async verify(task: number, given: Partial<MigrateParams> = {}) {
    return verifyPostgres({
      access: this.access,
      params: this.params(given),
      plan: readMigration(this.file.db, task)!.plan,
      ledger: this.ledger(task),
      client: openClickHouse(this.engine.endpoint, 'writer'),
      ready: () => this.engine.engine.ready(READY_MS),
      signal: new AbortController().signal,
      elapsed: () => performance.now(),
      onProgress: () => {},
      onRetry: (error) => this.retries.push(String(error)),
    });
  }

  async migrate(given: Partial<MigrateParams>) {
    return this.run(await this.begin(given), given);
  }

  /** A statement without an answer, as the user that may do everything. */
  async command(sql: string): Promise<void> {
    const client = openClickHouse(this.engine.endpoint, 'writer');
    await client.command(sql).finally(() => client.close());
  }

  end(): void {
    this.file.remove();
  }
}

const DEFAULTS = {
  preset: 'generic',
  tables: [],
  into: null,
  map: null,
  since: null,
  account: '',
  parallel: 2,
  chunkRows: null,
  bytesPerSecond: null,
  route: 'pipe',
  allowLossy: false,
  follow: false,
} as const;
