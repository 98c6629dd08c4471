import type { Sender } from '../../../src/event/event.ts';
import { isRejection, type Rejection } from '../../../src/event/rejection.ts';
import { PAYMENT_COLUMN_OF } from '../../../src/event/sfpl/names.ts';
import type { Payment } from '../../../src/event/tables/payment.ts';
import type { ObjectLimits } from '../body/object.ts';
import { isNamed, NOT_AN_OBJECT } from '../dialects/dialect.ts';
import { type Failure, isFailure } from '../failure.ts';
import { refusalOf } from '../intake.ts';
import { RECEIVE_LIMITS } from '../limits.ts';
import { type IndexedRejection, type Outcome, outcomeJson } from '../outcome.ts';
import type { SfplContext } from './context.ts';
import type { EventRoutes } from './events.ts';
import { type Answer, answerOf, type Exchange, JSON_TYPE } from './exchange.ts';
import { guess } from './guess.ts';
import { addObject, addQuery, type Params } from './params.ts';
import { hashPrivateTexts } from './private-text.ts';

const METHODS = 'GET, POST, OPTIONS';
const METHOD_NOT_ALLOWED: Failure = {
  code: 'method_not_allowed',
  message: 'Payments are sent with GET or POST.',
  headers: ['Allow', METHODS],
};
const TOO_MANY: Omit<Failure, 'message'> = { code: 'too_many_events' };
/** Below this a number is a time in seconds (1973 in milliseconds). */
const EPOCH_MS_MIN = 100_000_000_000;

/** `ltv`: payments, one or a list of them. What they come to is asked of the table, never counted here. */
export class PaymentRoutes {
  readonly #context: SfplContext;
  readonly #events: EventRoutes;

  constructor(context: SfplContext, events: EventRoutes) {
    this.#context = context;
    this.#events = events;
  }

  handle(rest: string, exchange: Exchange, expectsContinue: boolean): void {
    const { method } = exchange.req;
    if (method === 'OPTIONS') exchange.preflight(METHODS);
    else if (method === 'GET') {
      const params = this.#events.params(exchange.req, rest);
      addQuery(params, exchange.search, this.#context.config.ignoreQueryKey);
      void exchange.run(() => this.#take(params, exchange));
    } else if (method === 'POST') {
      exchange.collect(expectsContinue, this.#limits(), (body) => {
        const params = this.#events.params(exchange.req, rest);
        if (!isRejection(body)) addObject(params, body);
        void exchange.run(() => this.#take(params, exchange, isRejection(body) ? body : undefined));
      });
    } else exchange.refuse(METHOD_NOT_ALLOWED);
  }

  /** A list of payments may be as large as any body. */
  #limits(): ObjectLimits {
    return { bytesMax: this.#context.parts.limits.decodedBytesMax, keysMax: RECEIVE_LIMITS.bodyKeysMax };
  }

  async #take(params: Params, exchange: Exchange, fault?: Rejection): Promise<Answer> {
    const { counters, limits } = this.#context.parts;
    const items = fault === undefined ? itemsOf(params) : [];
    if (items.length > limits.eventsPerRequestMax) {
      const message = `At most ${limits.eventsPerRequestMax} payments at a time.`;
      return answerOf({ ...TOO_MANY, message, limit: limits.eventsPerRequestMax }, () => ({ status: 200 }));
    }
    const rows: Payment[] = [];
    const rejections: IndexedRejection[] = fault === undefined ? [] : [{ index: 0, rejection: fault }];
    const lines = new Map<string, number>();
    items.forEach((item, index) => {
      const read = item === undefined ? NOT_AN_OBJECT : this.#read(item, exchange.sender, lines);
      if (isRejection(read)) rejections.push({ index, rejection: read });
      else rows.push(read);
    });
    for (const { rejection } of rejections) counters.add(`events_rejected_total{reason="${rejection.reason}"}`);
    const paid = exchange.grant.charge(rows, rows.length + rejections.length, exchange.bytes);
    if ('code' in paid) return answerOf(paid, () => ({ status: 200 }));
    const result = await this.#commit(rows, rejections);
    if (isFailure(result)) exchange.grant.refund(paid);
    return answerOf(result, () =>
      rejections.length === 0
        ? { status: 200 }
        : { status: 200, type: JSON_TYPE, body: outcomeJson(result as Outcome) },
    );
  }

  #read(item: Params, sender: Sender, lines: Map<string, number>): Payment | Rejection {
    const { config, registry, readPayment } = this.#context;
    hashPrivateTexts(item, config.privateHashPrefix, registry.hashKey);
    const raw: Record<string, unknown> = Object.create(null);
    for (const [name, value] of item) {
      const column = PAYMENT_COLUMN_OF.get(name) ?? name;
      // `amt` goes before `revenue`, whichever came first.
      if (name === 'revenue' && item.has('amt')) continue;
      raw[column] = column === 'paid_at' ? timeOf(value) : value;
    }
    const payment = readPayment(raw, sender.receivedAt, lines);
    return isRejection(payment) ? payment : (sender.grant?.admit(payment) ?? payment);
  }

  async #commit(rows: readonly Payment[], rejections: readonly IndexedRejection[]): Promise<Outcome | Failure> {
    if (rows.length === 0) return { accepted: 0, duplicates: 0, rejections, receipt: '' };
    const committed = await this.#context.payments.commit(rows);
    if (!committed.ok) return refusalOf(committed);
    const { duplicates, receipt } = committed;
    return { accepted: rows.length - duplicates, duplicates, rejections, receipt };
  }
}

/** The payments of a request; what all have in common stands outside of the list. Undefined: an item that is no object. */
function itemsOf(params: Params): readonly (Params | undefined)[] {
  const list = params.get('payments');
  if (!Array.isArray(list)) return [params];
  const shared: Params = new Map(params);
  shared.delete('payments');
  return list.map((item) => {
    if (!isNamed(item)) return undefined;
    const merged: Params = new Map(shared);
    addObject(merged, item);
    return merged;
  });
}

/** Times as this wire writes them: any of its dates, or a number of seconds or milliseconds. */
function timeOf(value: unknown): unknown {
  const time = typeof value === 'string' ? guess(value) : value;
  return typeof time === 'number' && time > 0 && time < EPOCH_MS_MIN ? time * 1_000 : time;
}
