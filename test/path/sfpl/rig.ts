import { request } from 'node:http';
import { startDaemon, type TestDaemon } from '../../support/daemon.ts';

/** An answer as it came over the socket. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly cookies: readonly string[];
  readonly body: string;
}

export interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text and bytes as they are, anything else as JSON. */
  readonly body?: unknown;
}

/** A daemon that stores at once, and real requests to `/tr/v1`. */
export class SfplRig {
  readonly daemon: TestDaemon;

  constructor(daemon: TestDaemon) {
    this.daemon = daemon;
  }

  /** One request over a socket of its own, with any header, `Host` too. */
  ask(path: string, { method = 'GET', headers = {}, body }: Ask = {}): Promise<Answer> {
    const isRaw = body === undefined || typeof body === 'string' || Buffer.isBuffer(body);
    const text = isRaw ? (body as string | Buffer | undefined) : JSON.stringify(body);
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const sent = request(
      this.daemon.url + path,
      {
        method,
        agent: false,
        headers: { ...(text === undefined ? {} : { 'content-length': String(Buffer.byteLength(text)) }), ...headers },
      },
      (response) => {
        const pieces: Buffer[] = [];
        response.on('data', (piece: Buffer) => pieces.push(piece));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode!,
            headers: response.headers as Record<string, string | undefined>,
            cookies: response.headers['set-cookie'] ?? [],
            body: Buffer.concat(pieces).toString('latin1'),
          }),
        );
      },
    );
    sent.on('error', reject);
    sent.end(text);
    return promise;
  }

  post(path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.ask(path, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body });
  }

  /** Rows of one account in the order they came, once everything taken is stored. */
  async events<R = Record<string, unknown>>(account: string, columns: string): Promise<R[]> {
    await this.daemon.drained();
    return this.daemon.query<R>(
      `SELECT ${columns} FROM events WHERE account = '${account}' ORDER BY received_at, UUIDToNum(event_id)`,
    );
  }

  async payments<R = Record<string, unknown>>(account: string, columns: string): Promise<R[]> {
    await this.daemon.drained();
    return this.daemon.query<R>(
      `SELECT ${columns} FROM payments WHERE account = '${account}' ORDER BY order_id, amount`,
    );
  }

  /** Starts the daemon anew over the same home after a kill. */
  async crash(): Promise<void> {
    await this.daemon.kill();
    await this.daemon.start();
  }
}

export async function openRig(settings: Readonly<Record<string, unknown>> = {}): Promise<SfplRig> {
  return new SfplRig(await startDaemon({ settings: { 'flush.strategy': 'immediate', ...settings } }));
}

/** The value of a cookie that an answer sets; undefined when it sets none by that name. */
export function cookieOf({ cookies }: Answer, name: string): string | undefined {
  const line = cookies.find((cookie) => cookie.startsWith(`${name}=`));
  return line?.slice(name.length + 1).split(';')[0];
}

export const FIREFOX = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0';
