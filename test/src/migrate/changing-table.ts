import type { TestEngine } from '../../support/engine.ts';
import type { TestPostgres } from '../../support/postgres.ts';

/** Rows of a table whose long values are kept beside it, so that the log leaves them out where they do not change. */
export async function fill(postgres: TestPostgres, table: string, rows: number): Promise<void> {
  await postgres.query(`CREATE TABLE ${table} (id int PRIMARY KEY, n int NOT NULL, v text, long text)`);
  await postgres.query(`ALTER TABLE ${table} ALTER COLUMN long SET STORAGE EXTERNAL`);
  await postgres.query(
    `INSERT INTO ${table} SELECT g, 0, md5(g::text), CASE WHEN g % 50 = 0 THEN repeat(md5(g::text), 80) END
     FROM generate_series(1, ${rows}) g`,
  );
  await postgres.query(`ANALYZE ${table}`);
}

const TURNS_MIN = 150;

/** Writes into such a table, one transaction after another, until it is told to end. */
export class Writer {
  readonly #postgres: TestPostgres;
  readonly #table: string;
  readonly #written: Promise<void>;
  #isEnding = false;
  #turn = 0;

  constructor(postgres: TestPostgres, table: string) {
    this.#postgres = postgres;
    this.#table = table;
    this.#written = this.#write();
    // Whoever ends it hears of it.
    this.#written.catch(() => {});
  }

  async end(): Promise<void> {
    this.#isEnding = true;
    await this.#written;
  }

  async #write(): Promise<void> {
    const table = this.#table;
    while (!this.#isEnding || this.#turn < TURNS_MIN) {
      const turn = ++this.#turn;
      const row = (step: number) => ((turn * step) % 5_000) + 1;
      await this.#postgres.query(
        `BEGIN;
         INSERT INTO ${table} VALUES (${5_000 + turn}, ${turn}, 'new', NULL);
         UPDATE ${table} SET n = n + 1 WHERE id IN (${row(50)}, ${row(7_919)}, ${4_000 + turn});
         UPDATE ${table} SET long = repeat(md5('${turn}'), 80) WHERE id = ${row(104_729)};
         DELETE FROM ${table} WHERE id = ${row(3_571)};
         UPDATE ${table} SET id = id + 1000000, v = NULL WHERE id = ${row(1_237)};
         COMMIT`,
      );
      if (turn % 10 === 0) {
        await this.#postgres.query(
          `BEGIN; DELETE FROM ${table} WHERE n > 0; INSERT INTO ${table} VALUES (-1, 1, 'x', NULL); ROLLBACK`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

/** Whether the table and its copy hold the same rows, value by value. */
export async function holdsTheSame(
  postgres: TestPostgres,
  table: string,
  clickhouse: TestEngine,
  copy: string,
): Promise<boolean> {
  const [source] = await postgres.query<{ rows: number; hash: string }>(
    `SELECT count(*)::int AS rows, md5(coalesce(string_agg(concat_ws('|', id, n, coalesce(v, '-'), coalesce(md5(long), '-')), ',' ORDER BY id), '')) AS hash FROM ${table}`,
  );
  const [target] = await clickhouse.query<{ rows: number; hash: string }>(
    `SELECT toUInt32(count()) AS rows, lower(hex(MD5(arrayStringConcat(groupArray(concat(toString(id), '|', toString(n), '|', ifNull(v, '-'), '|',
       ifNull(lower(hex(MD5(long))), '-'))), ',')))) AS hash FROM (SELECT * FROM ${copy} ORDER BY id)`,
  );
  return source!.rows === target!.rows && source!.hash === target!.hash;
}
