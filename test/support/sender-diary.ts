import type { EventState, Outcome } from '../../src/loadtest/measure/outcome.ts';
import type { Verdict } from '../../src/loadtest/send/answer.ts';
import type { Outgoing, Sender, SenderOwner } from '../../src/loadtest/send/sender.ts';
import { until } from './until.ts';

export interface Settled {
  readonly body: string;
  readonly outcome: Outcome;
  readonly states: EventState | readonly EventState[];
}

/** An owner of senders that writes down what it is told. */
export class SenderDiary implements SenderOwner<Outgoing> {
  readonly settledRequests: Settled[] = [];
  /** Places given back. */
  freed = 0;
  readonly errors: Error[] = [];

  settled(_sender: Sender<Outgoing>, { body }: Outgoing, { outcome, states }: Verdict): void {
    this.settledRequests.push({ body, outcome, states });
  }

  free(): void {
    this.freed++;
  }

  exhausted(error: Error): void {
    this.errors.push(error);
  }

  get outcomes(): Outcome[] {
    return this.settledRequests.map(({ outcome }) => outcome);
  }

  /** Sends and waits for what becomes of it, and for its place. */
  async exchange(sender: Sender<Outgoing>, request: Outgoing = outgoing()): Promise<Settled> {
    const { length } = this.settledRequests;
    sender.send(request);
    await until(() => this.settledRequests.length > length && this.freed > length, 10_000);
    return this.settledRequests[length]!;
  }
}

export function outgoing(body = '{"name":"a"}', path = '/v1/events'): Outgoing {
  return { path, userAgent: 'test/1', body, bytes: Buffer.byteLength(body), count: 1, again: false };
}
