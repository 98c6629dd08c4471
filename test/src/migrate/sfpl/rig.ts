import { MigrationLedger, readMigration, writeMigration } from '../../../../daemon/tasks/migration-ledger.ts';
import { TaskStore } from '../../../../daemon/tasks/store.ts';
import { openClickHouse } from '../../../../src/clickhouse/client.ts';
import { type ClickHouseAccess, parseClickHouseAddress } from '../../../../src/migrate/clickhouse/address.ts';
import type { MigrationPlan } from '../../../../src/migrate/plan.ts';
import { openSource } from '../../../../src/migrate/sfpl/connection.ts';
import { distrust, migrateSfpl, verifySfpl } from '../../../../src/migrate/sfpl/migration.ts';
import { planSfpl } from '../../../../src/migrate/sfpl/plan.ts';
import { SFPL_KIND, type SfplParams, sfplParams } from '../../../../src/migrate/sfpl/request.ts';
import { StateFile } from '../../../daemon/state/state-file.ts';
import type { TestEngine } from '../../../support/engine.ts';
import type { Tracker } from '../../../support/sfpl-tracker.ts';

const READY_MS = 30_000;

/** Copies of that tracker's tables into one engine, with a ledger in a real state.db. */
export class SfplRig {
  readonly file = new StateFile();
  readonly access: ClickHouseAccess;
  readonly #engine: TestEngine;

  constructor(tracker: Tracker, engine: TestEngine) {
    this.#engine = engine;
    this.access = { address: parseClickHouseAddress(tracker.url, 'sfpla').address, password: tracker.password };
  }

  params(given: Partial<SfplParams> = {}): SfplParams {
    return sfplParams.parse({ ...DEFAULTS, source: this.access.address.url, ...given });
  }

  async plan(given: Partial<SfplParams> = {}): Promise<MigrationPlan> {
    const client = openSource(this.access);
    return planSfpl(client, this.access.address.database, this.params(given)).finally(() => client.close());
  }

  /** A task with its plan; `run` may be called for it again and again. */
  async begin(given: Partial<SfplParams> = {}): Promise<number> {
    const plan = await this.plan(given);
    const params = this.params(given);
    const store = new TaskStore(this.file.db);
    const { id } = store.create(
      { kind: SFPL_KIND, params: { ...params, at: this.#count++ }, steps: ['copy'], scheduled: false },
      Date.now(),
    );
    writeMigration(this.file.db, id, id, plan);
    return id;
  }

  ledger(task: number): MigrationLedger {
    return new MigrationLedger(this.file.db, task, readMigration(this.file.db, task)!.job);
  }

  run(task: number, given: Partial<SfplParams> = {}) {
    return migrateSfpl({ ...this.#parts(task, given), onProgress: () => {}, onChunk: () => {} });
  }

  verify(task: number, given: Partial<SfplParams> = {}) {
    return verifySfpl({ ...this.#parts(task, given), onProgress: () => {} });
  }

  repair(task: number, given: Partial<SfplParams> = {}) {
    distrust(readMigration(this.file.db, task)!.plan, this.ledger(task));
    return this.run(task, given);
  }

  async migrate(given: Partial<SfplParams> = {}) {
    return this.run(await this.begin(given), given);
  }

  /** A statement without an answer, as the user that may do everything. */
  async command(sql: string): Promise<void> {
    const client = openClickHouse(this.#engine.endpoint, 'writer');
    await client.command(sql).finally(() => client.close());
  }

  end(): void {
    this.file.remove();
  }

  #count = 0;

  #parts(task: number, given: Partial<SfplParams>) {
    return {
      access: this.access,
      params: this.params(given),
      plan: readMigration(this.file.db, task)!.plan,
      ledger: this.ledger(task),
      client: openClickHouse(this.#engine.endpoint, 'writer'),
      ready: () => this.#engine.engine.ready(READY_MS),
      signal: new AbortController().signal,
      elapsed: () => performance.now(),
      onRetry: () => {},
    };
  }
}

const DEFAULTS = {
  parts: ['events', 'payments', 'agreements', 'redirects'],
  parallel: 2,
  chunkRows: null,
  bytesPerSecond: null,
  allowLossy: false,
  keepAddresses: false,
} as const;
