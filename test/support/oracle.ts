import { randomUUID } from 'node:crypto';
import type { TestDaemon } from './daemon.ts';

/**
 * A sender that remembers what became of each event, and the judge that compares it with what is stored.
 *
 * Every event carries its number in `user_id`. `acknowledged`: a 202 said it is taken. `refused`: an answer said it is not.
 * `unknown`: no answer came; stored once or not at all are both right. With `retry` an event brings its own id and is sent
 * again until an answer comes, so nothing stays unknown while the daemon comes back.
 */
export interface OracleOptions {
  /** Account of all its events: several oracles may share a daemon. */
  readonly account: string;
  readonly connections?: number;
  readonly eventsPerRequest?: number;
  /** Bring ids and repeat until answered. */
  readonly retry?: boolean;
  /** Part of the answered requests that are sent a second time although they were answered. */
  readonly repeat?: number;
  /** Where the daemon is now; asked before each request, as it may come back elsewhere. */
  readonly url: () => string;
  readonly random: () => number;
  /** How long an answer is waited for, milliseconds. */
  readonly requestMs?: number;
  /** How many visitors the events are of; without it the sender is one. */
  readonly visitors?: number;
  /** `occurred_at` of event `n`, where it is not the time of receipt. */
  readonly occurredAt?: (n: number) => number;
}

export interface Verdict {
  readonly sent: number;
  readonly acknowledged: number;
  readonly refused: number;
  readonly unknown: number;
  /** Acknowledged and not stored. */
  readonly lost: readonly string[];
  /** Stored more than once. */
  readonly duplicated: readonly string[];
  /** Stored although refused, or never sent. */
  readonly phantom: readonly string[];
}

type Fate = 'unknown' | 'acknowledged' | 'refused';

const REQUEST_MS_MAX = 10_000;
const RETRY_MS = 20;

export class Oracle {
  readonly fates = new Map<number, Fate>();
  readonly #options: OracleOptions;
  #next = 0;
  #stopped = false;
  #senders: Promise<void>[] = [];

  constructor(options: OracleOptions) {
    this.#options = options;
  }

  /** Begins to send on all connections until `stop`. */
  start(): this {
    const { connections = 8 } = this.#options;
    this.#senders = Array.from({ length: connections }, () => this.#send());
    return this;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#senders);
  }

  acknowledged(): number {
    return [...this.fates.values()].filter((fate) => fate === 'acknowledged').length;
  }

  /** Compares with what the daemon has stored. Call after `stop` and when the daemon is drained. */
  async verdict(daemon: TestDaemon): Promise<Verdict> {
    const stored = new Map<number, number>();
    const account = this.#options.account.replaceAll("'", '');
    for (let from = 0; from < this.#next; from += STORED_PAGE) {
      const rows = await daemon.query<{ user_id: string; copies: number }>(
        `SELECT user_id, toUInt32(count()) AS copies FROM events WHERE account = '${account}'
           AND toUInt64OrZero(user_id) >= ${from} AND toUInt64OrZero(user_id) < ${from + STORED_PAGE} GROUP BY user_id`,
      );
      for (const { user_id, copies } of rows) stored.set(Number(user_id), copies);
    }
    const is = (fate: Fate) => [...this.fates].filter(([, found]) => found === fate).map(([n]) => n);
    return {
      sent: this.#next,
      acknowledged: is('acknowledged').length,
      refused: is('refused').length,
      unknown: is('unknown').length,
      lost: is('acknowledged')
        .filter((n) => !stored.has(n))
        .map(String),
      duplicated: [...stored].filter(([, copies]) => copies > 1).map(([n]) => String(n)),
      phantom: [...stored.keys()].filter((n) => !this.fates.has(n) || this.fates.get(n) === 'refused').map(String),
    };
  }

  async #send(): Promise<void> {
    const { eventsPerRequest = 1, retry = false, repeat = 0, random } = this.#options;
    while (!this.#stopped) {
      const numbers = Array.from({ length: eventsPerRequest }, () => this.#next++);
      for (const n of numbers) this.fates.set(n, 'unknown');
      const body = JSON.stringify(numbers.map((n) => this.#event(n)));
      let answered = await this.#post(numbers, body);
      while (!answered && retry) {
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
        answered = await this.#post(numbers, body);
      }
      if (answered && retry && random() < repeat) await this.#post(numbers, body);
      if (!answered) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  #event(n: number): object {
    const { account, retry = false, occurredAt, visitors } = this.#options;
    return {
      name: 'oracle',
      account,
      user_id: String(n),
      properties: { n, text: 'x'.repeat(n % 50) },
      ...(visitors && { visitor_id: `visitor-${n % visitors}` }),
      ...(retry && { event_id: randomUUID() }),
      ...(occurredAt && { occurred_at: occurredAt(n) }),
    };
  }

  /** Whether an answer came that settles these events. */
  async #post(numbers: readonly number[], body: string): Promise<boolean> {
    try {
      const answer = await fetch(`${this.#options.url()}/v1/events`, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json' },
        signal: AbortSignal.timeout(this.#options.requestMs ?? REQUEST_MS_MAX),
      });
      const text = await answer.text();
      if (answer.status === 202) {
        const { accepted, duplicates } = JSON.parse(text) as { accepted: number; duplicates: number };
        if (accepted + duplicates !== numbers.length) throw new Error(`202 for ${numbers.length} events: ${text}`);
        for (const n of numbers) this.fates.set(n, 'acknowledged');
        return true;
      }
      if (answer.status !== 503) throw new Error(`status ${answer.status}: ${text}`);
      // With retry the event is still to come; without, this answer is its end.
      if (!this.#options.retry) for (const n of numbers) this.fates.set(n, 'refused');
      return false;
    } catch (error) {
      if (error instanceof Error && error.message.startsWith('status ')) throw error;
      if (error instanceof Error && error.message.startsWith('202 for')) throw error;
      return false;
    }
  }
}

/** Rows asked for at once: below `query.rowsMax`. */
const STORED_PAGE = 5_000;

/** A verdict as the one line a test compares: what must be zero, by name. */
export function faults({ lost, duplicated, phantom }: Verdict): Record<string, readonly string[]> {
  return { lost: lost.slice(0, 5), duplicated: duplicated.slice(0, 5), phantom: phantom.slice(0, 5) };
}

export const NO_FAULTS = { lost: [], duplicated: [], phantom: [] };
