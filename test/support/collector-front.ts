import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request for events that came by. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly contentType: string;
  /** Ids of its events, in order. */
  readonly ids: readonly string[];
  readonly names: readonly string[];
  readonly bytes: number;
}

export type FrontAnswer =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  /** As the collector does it. */
  | 'pass'
  /** Nothing is carried out, and the connection breaks. */
  | 'break'
  /** It is carried out, and the connection breaks before the answer. */
  | 'lose_answer';

/**
 * Stands between browsers and a collector: sees the requests for events and answers them as a test says. What is asked
 * with GET passes.
 *
 *     await using front = await openFront(daemon.url);
 *     front.answer = () => ({ status: 503, headers: { 'Retry-After': '1' } });
 */
export class CollectorFront implements AsyncDisposable {
  answer: (seen: SeenRequest) => FrontAnswer | Promise<FrontAnswer> = () => 'pass';
  /** In the order in which they came, complete. */
  readonly requests: SeenRequest[] = [];
  readonly #upstream: string;
  readonly #server = createServer((req, res) => void this.#handle(req, res).catch(() => res.destroy()));

  constructor(upstream: string) {
    this.#upstream = upstream;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Ids of all events that came, as often as they came. */
  get ids(): string[] {
    return this.requests.flatMap(({ ids }) => ids);
  }

  /** Names of all events that came. */
  get names(): string[] {
    return this.requests.flatMap(({ names }) => names);
  }

  async listen(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const body = Buffer.concat(await req.toArray());
    if (req.method === 'GET') return this.#pass(req, body, res);
    const seen = seenRequest(req, body);
    this.requests.push(seen);
    const answer = await this.answer(seen);
    if (answer === 'break') return void res.destroy();
    if (answer === 'pass') return this.#pass(req, body, res);
    if (answer === 'lose_answer') {
      await this.#forward(req, body);
      return void res.destroy();
    }
    res.writeHead(answer.status, {
      'Access-Control-Allow-Origin': req.headers.origin ?? '*',
      'Access-Control-Allow-Credentials': 'true',
      'Access-Control-Expose-Headers': 'Retry-After',
      ...answer.headers,
    });
    res.end(answer.body ?? '{}');
  }

  async #pass(req: IncomingMessage, body: Buffer, res: ServerResponse): Promise<void> {
    const answer = await this.#forward(req, body);
    const pieces = await answer.toArray();
    res.writeHead(answer.statusCode!, answer.headers);
    res.end(Buffer.concat(pieces));
  }

  async #forward(req: IncomingMessage, body: Buffer): Promise<IncomingMessage> {
    const onward = request(this.#upstream + req.url, { method: req.method, headers: req.headers, agent: false });
    onward.end(body);
    const [answer] = (await once(onward, 'response')) as [IncomingMessage];
    return answer;
  }
}

export function openFront(upstream: string): Promise<CollectorFront> {
  return new CollectorFront(upstream).listen();
}

function seenRequest(req: IncomingMessage, body: Buffer): SeenRequest {
  const lines = body.toString('utf8').split('\n').filter(Boolean);
  const events = lines.map((line) => JSON.parse(line) as { event_id: string; name: string });
  return {
    method: req.method!,
    path: req.url!,
    contentType: req.headers['content-type'] ?? '',
    ids: events.map(({ event_id }) => event_id),
    names: events.map(({ name }) => name),
    bytes: body.length,
  };
}
