import type { Ledger } from '../ledger/ledger.ts';
import type { EventState } from '../measure/outcome.ts';
import type { LoadPlan } from '../plan/plan.ts';
import { encodeRequest } from '../profile/encode.ts';
import type { LoadRequest } from '../profile/requests.ts';
import type { Verdict } from '../send/answer.ts';
import type { Sender } from '../send/sender.ts';
import type { Exchange } from './exchange.ts';
import type { Meter } from './meter.ts';

export interface TransmitterOptions {
  readonly plan: LoadPlan;
  readonly meter: Meter;
  /** Null when nothing is kept. */
  readonly ledger: Ledger | null;
  /** Hears of each request that was accepted. */
  readonly onAccepted: () => void;
}

/** A hundred times 0.07 is a little above 7. */
const ROUNDING = 1e-9;

/**
 * Puts a request on the wire and books what becomes of it.
 *
 * Promises: its events are `unknown` in the ledger before the first byte leaves, and what the answer says afterwards. A
 * share of the accepted requests is sent again at once, on the same connection and with the same bytes: their events stay
 * acknowledged, whatever becomes of that. Throws what the ledger throws.
 */
export class Transmitter {
  readonly #options: TransmitterOptions;
  #accepted = 0;
  #sentAgain = 0;

  constructor(options: TransmitterOptions) {
    this.#options = options;
  }

  send(sender: Sender<Exchange>, exchange: Exchange, nowMs: number): void {
    const { plan, meter } = this.#options;
    const { path, body } = encodeRequest(plan, exchange.request, Math.floor(plan.startedAt + nowMs));
    exchange.sentMs = nowMs;
    exchange.path = path;
    exchange.body = body;
    exchange.bytes = Buffer.byteLength(body);
    this.#mark(exchange.request, 'unknown');
    meter.sent(exchange);
    sender.send(exchange);
  }

  /** Returns whether the request is on its way a second time. */
  settled(sender: Sender<Exchange>, exchange: Exchange, verdict: Verdict, nowMs: number): boolean {
    const { plan, meter, onAccepted } = this.#options;
    if (exchange.again) {
      if (verdict.outcome === 'accepted') meter.resent(exchange.acknowledged, verdict.duplicates);
      return false;
    }
    this.#mark(exchange.request, verdict.states);
    meter.settled(exchange, verdict, nowMs);
    if (verdict.outcome !== 'accepted') return false;
    onAccepted();
    this.#accepted++;
    if (this.#sentAgain >= Math.floor(this.#accepted * plan.resendRate + ROUNDING)) return false;
    this.#sentAgain++;
    exchange.again = true;
    exchange.acknowledged = acknowledgedIn(verdict, exchange.count);
    sender.send(exchange);
    return true;
  }

  #mark({ first, count }: LoadRequest, states: EventState | readonly EventState[]): void {
    const { ledger } = this.#options;
    if (ledger === null) return;
    for (let index = 0; index < count; index++) {
      ledger.mark(first + index, typeof states === 'string' ? states : states[index]!);
    }
  }
}

function acknowledgedIn({ states }: Verdict, count: number): number {
  if (typeof states === 'string') return states === 'acknowledged' ? count : 0;
  return states.reduce((sum, state) => sum + (state === 'acknowledged' ? 1 : 0), 0);
}
