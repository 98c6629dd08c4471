/**
 * One exported snapshot that every reader shares, and the session that keeps it.
 *
 * Promises: readers that open while it is alive see the same rows. Always true: `epoch` is what PostgreSQL itself says of
 * which transactions are visible, so two snapshots with the same epoch show the same rows. When its session ends, `lost`
 * says so; who reads already goes on, who comes later needs a new one.
 */
import { openSession, type Session, type SourceAccess } from './connection.ts';
import { sqlText } from './quote.ts';

/** Routers and firewalls forget a connection that is silent for longer. */
const KEEPALIVE_MS = 30_000;

export class Snapshot {
  readonly id: string;
  readonly epoch: string;
  readonly #session: Session;
  readonly #timer: NodeJS.Timeout;
  #beat: Promise<unknown> = Promise.resolve();

  constructor(session: Session, id: string, epoch: string) {
    this.#session = session;
    this.id = id;
    this.epoch = epoch;
    this.#timer = setInterval(() => {
      this.#beat = session.query('SELECT 1').catch(() => {});
    }, KEEPALIVE_MS);
    this.#timer.unref();
  }

  get lost(): boolean {
    return this.#session.broken !== null;
  }

  /** Has `session` see what this one sees, until its transaction ends. Rejects when the snapshot is lost. */
  async showIn(session: Session): Promise<void> {
    await session.query(`${BEGIN}; SET TRANSACTION SNAPSHOT ${sqlText(this.id)}`);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#beat;
    await this.#session.close();
  }
}

const BEGIN = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';

/** `imported`: of a slot; what is exported then shows the same rows and lasts longer. */
export async function takeSnapshot(access: SourceAccess, imported: string | null = null): Promise<Snapshot> {
  const session = await openSession(access);
  try {
    await session.query(imported === null ? BEGIN : `${BEGIN}; SET TRANSACTION SNAPSHOT ${sqlText(imported)}`);
    const [row] = await session.query<{ id: string; epoch: string }>(
      'SELECT pg_export_snapshot() AS id, pg_current_snapshot()::text AS epoch',
    );
    return new Snapshot(session, row!.id, row!.epoch);
  } catch (cause) {
    await session.close();
    throw cause;
  }
}
