/**
 * The log of a PostgreSQL as a source of changes: one slot, watched.
 *
 * Promises: the slot is made before the snapshot that is copied, so that what is not in the one is in the other. It keeps no
 * more than `bytesMax` of log in the source: when it would, it is dropped, and `lost` says so. Always true: the ledger
 * knows of a slot before it is used. A process that is killed leaves it behind: the next `begin` takes it up or replaces
 * it, `dropLeft` removes it.
 */
import type { LoggedTable, TablePlan } from '../../column.ts';
import type { Ledger } from '../../ledger.ts';
import type { LogStream, SourceLog } from '../../sides.ts';
import { openReplication, openSession, type Session, type SourceAccess } from '../connection.ts';
import { PostgresSource } from '../source.ts';
import { textsStatement } from '../statements.ts';
import { lsnText, parseLsn } from './lsn.ts';
import { createSlot, dropSlot, type SlotState, slotName, slotState } from './slot.ts';

/** Between two looks at what the slot keeps and where the log ends. */
const LOOK_MS = 1_000;
/** Looks that are remembered: how old the end of what is stored is, up to a day. */
const LOOKS_MAX = 86_400;

export interface PostgresLogParts {
  readonly access: SourceAccess;
  /** Whose snapshot is to be the slot's. */
  readonly source: PostgresSource;
  readonly ledger: Ledger;
  readonly tables: readonly LoggedTable[];
  readonly bytesMax: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Hears once why there is no log any more. */
  readonly onLost: (why: string) => void;
}

export class PostgresLog implements SourceLog {
  lost = '';
  readonly rows: PostgresSource;
  readonly #parts: PostgresLogParts;
  readonly #looks: { readonly end: bigint; readonly at: number }[] = [];
  #session: Promise<Session> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #looking: Promise<void> = Promise.resolve();

  constructor(parts: PostgresLogParts) {
    this.#parts = parts;
    this.rows = new PostgresSource(parts.access);
  }

  async begin(): Promise<void> {
    const { access, source, ledger, tables, now } = this.#parts;
    const before = ledger.log;
    if (before === null || (await this.#look(before.name)).kept === null) {
      ledger.setLog(null);
      const slot = await createSlot(access, slotName(ledger.job), tables, now);
      try {
        const epoch = await source.share(slot.snapshot);
        const made = { name: slot.name, position: lsnText(slot.lsn), upsertUntil: null, isFollowing: false };
        ledger.setLog({ ...made, epoch, ordinal: ledger.nextOrdinal - 1 });
      } finally {
        await slot.session.close();
      }
    }
    this.#watch();
  }

  async end(): Promise<bigint> {
    return (await this.#look(slotName(this.#parts.ledger.job))).end;
  }

  async stream(from: bigint): Promise<LogStream> {
    const { access, ledger, now } = this.#parts;
    const name = slotName(ledger.job);
    const session = await openReplication(access, now);
    const stream = session.stream({ slot: name, publication: name, from });
    return {
      take: (waitMs) => stream.take(waitMs),
      get idleAt() {
        return stream.idleAt;
      },
      confirm: (position) => stream.confirm(position),
      close: () => {
        stream.end();
        return session.destroy();
      },
    };
  }

  async texts(table: TablePlan, names: readonly string[]): Promise<string[][]> {
    const session = await this.#live();
    const rows = await session.query<Record<string, string>>(textsStatement(table, names));
    return rows.map((row) => names.map((_, at) => row[`c${at}`]!));
  }

  lag(stored: bigint): { readonly bytes: number; readonly seconds: number } {
    const last = this.#looks.at(-1);
    if (last === undefined) return { bytes: 0, seconds: 0 };
    while (this.#looks.length > 1 && this.#looks[1]!.end <= stored) this.#looks.shift();
    const bytes = Number(last.end > stored ? last.end - stored : 0n);
    return { bytes, seconds: bytes === 0 ? 0 : Math.max(this.#parts.now() - this.#looks[0]!.at, 0) / 1_000 };
  }

  async drop(): Promise<void> {
    const { access, ledger } = this.#parts;
    await this.close();
    // The ledger keeps how far it came: what was followed is compared in another way than what was copied.
    await dropSlot(access, slotName(ledger.job));
  }

  async close(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    await this.#looking;
    await this.#hangUp();
    await this.rows.close();
  }

  #watch(): void {
    let isLooking = false;
    this.#timer = setInterval(() => {
      if (isLooking) return;
      isLooking = true;
      this.#looking = this.#guard().finally(() => {
        isLooking = false;
      });
    }, LOOK_MS);
    this.#timer.unref();
  }

  /** A look that fails says nothing: the next one is a second later. */
  async #guard(): Promise<void> {
    const { access, ledger, bytesMax, onLost } = this.#parts;
    const name = slotName(ledger.job);
    try {
      const { kept } = await this.#look(name);
      if (kept !== null && kept <= bytesMax) return;
      if (kept !== null) await dropSlot(access, name);
      this.lost =
        kept === null
          ? `the slot ${name} is gone from the source, or its log is`
          : `the slot ${name} kept ${Math.round(kept)} bytes of log in the source, more than ${bytesMax}: it is dropped`;
      if (this.#timer !== null) clearInterval(this.#timer);
      if (ledger.log?.isFollowing === false) ledger.setLog(null);
      onLost(this.lost);
    } catch {
      await this.#hangUp();
    }
  }

  /** One at a time: two that find it broken would open one each. */
  #live(): Promise<Session> {
    const before = this.#session;
    const after = async () => {
      const held = await before?.catch(() => null);
      return held && held.broken === null ? held : openSession(this.#parts.access);
    };
    this.#session = after();
    return this.#session;
  }

  async #hangUp(): Promise<void> {
    const held = await this.#session?.catch(() => null);
    await held?.close();
  }

  async #look(name: string): Promise<SlotState> {
    const state = await slotState(await this.#live(), name);
    this.#looks.push({ end: state.end, at: this.#parts.now() });
    if (this.#looks.length > LOOKS_MAX) this.#looks.splice(1, 1);
    return state;
  }
}

/** Of what the ledger has kept. */
export function positionOf(text: string | null): bigint {
  return text === null ? 0n : parseLsn(text);
}
