import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { openClickHouse } from '../../src/clickhouse/client.ts';
import type { TestDaemon } from './daemon.ts';
import { until } from './until.ts';

/** What happens to one event in `every`. */
export type Tampering = 'none' | 'drop' | 'double' | 'alter';

export interface TamperingOptions {
  readonly tampering: Tampering;
  readonly every: number;
}

type WireEvent = Record<string, unknown> & { event_id: string };

/**
 * A collector that lies: it hands events on to the real one, but for the event that it drops, stores twice or changes, and
 * answers as if all were well. Takes single events at `/v1/events`.
 */
export class TamperingCollector implements AsyncDisposable {
  tampered = 0;
  #seen = 0;
  readonly #server: http.Server;
  readonly #clickhouse: ReturnType<typeof openClickHouse>;

  private constructor(server: http.Server, clickhouse: ReturnType<typeof openClickHouse>) {
    this.#server = server;
    this.#clickhouse = clickhouse;
  }

  static async open(daemon: TestDaemon, { tampering, every }: TamperingOptions): Promise<TamperingCollector> {
    const { url, engine } = await daemon.status();
    const { writerPassword } = JSON.parse(fs.readFileSync(path.join(daemon.home, 'run', 'engine.json'), 'utf8'));
    const user = { user: 'trackflow', password: writerPassword };
    const clickhouse = openClickHouse({ url: engine.url, database: 'trackflow', writer: user, reader: user }, 'writer');
    const server = http.createServer(async (req, res) => {
      try {
        const event = JSON.parse(await text(req)) as WireEvent;
        const hit = tampering !== 'none' && ++collector.#seen % every === 0;
        const answer = await (hit ? collector.#tamper(tampering, event, url) : pass(event, url));
        // Whole, so that Node states its length: a load test takes no answer in chunks.
        res.statusCode = 202;
        res.setHeader('content-type', 'application/json').end(answer);
      } catch (error) {
        res.writeHead(500).end(String(error));
      }
    });
    const collector = new TamperingCollector(server, clickhouse);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return collector;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async #tamper(tampering: Tampering, event: WireEvent, url: string): Promise<string> {
    this.tampered++;
    if (tampering === 'drop') return ACCEPTED;
    if (tampering === 'alter') return pass({ ...event, title: `${event.title}.` }, url);
    const answer = await pass(event, url);
    // Ids are hexadecimal digits and dashes.
    const where = `WHERE event_id = '${event.event_id.replaceAll(/[^0-9a-f-]/g, '')}'`;
    await until(
      async () => (await this.#clickhouse.query(`SELECT 1 AS row FROM events ${where}`)).length > 0,
      STORED_MS,
    );
    await this.#clickhouse.command(`INSERT INTO events SELECT * FROM events ${where}`);
    return answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    await this.#clickhouse.close();
  }
}

/** A batch is closed after a second. */
const STORED_MS = 20_000;
const ACCEPTED = JSON.stringify({ accepted: 1, duplicates: 0, rejected: [], receipt: '00000001-1' });

async function pass(event: WireEvent, url: string): Promise<string> {
  const answer = await fetch(`${url}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(event),
  });
  if (answer.status !== 202) throw new Error(`the collector answered ${answer.status}`);
  return answer.text();
}
