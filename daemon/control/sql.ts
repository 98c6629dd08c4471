import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { SqlColumns, SqlEnd, SqlError } from '../../src/control/sql.ts';
import { TrackflowError } from '../../src/errors/error.ts';

/** Columns, then rows as JSON text. */
export type SqlAnswer = AsyncGenerator<SqlColumns['columns'] | string>;
export type RunSql = (sql: string, options: { readonly write: boolean; readonly signal: AbortSignal }) => SqlAnswer;

/** Rows that are handed to the socket at once. */
const ROWS_PER_WRITE = 500;
const CHARACTERS_PER_WRITE = 256 * 1024;

/** The route of `src/control/sql.ts`. A reader that is slow slows the statement; one that goes away ends it. */
export function sqlRoute(app: FastifyInstance, run: RunSql): void {
  app.post<{ Body: { sql: string; write?: boolean } }>(
    '/sql',
    { schema: { body: SQL_BODY } },
    async (request, reply) => {
      const gone = new AbortController();
      reply.raw.once('close', () => gone.abort());
      const { sql, write = false } = request.body;
      const answer = run(sql, { write, signal: gone.signal });
      const { value: columns } = await answer.next();
      reply.hijack();
      reply.raw.writeHead(200, { 'content-type': 'application/x-ndjson' });
      reply.raw.write(line({ columns: columns as SqlColumns['columns'] } satisfies SqlColumns));
      reply.raw.end(line(await send(answer, reply.raw, gone.signal)));
    },
  );
}

async function send(answer: SqlAnswer, response: ServerResponse, gone: AbortSignal): Promise<SqlEnd | SqlError> {
  let rows = 0;
  let held: string[] = [];
  let characters = 0;
  const flush = async () => {
    if (held.length > 0 && !response.write(`${held.join('\n')}\n`)) await once(response, 'drain', { signal: gone });
    held = [];
    characters = 0;
  };
  try {
    for await (const row of answer) {
      rows++;
      held.push(row as string);
      characters += row.length;
      if (held.length >= ROWS_PER_WRITE || characters >= CHARACTERS_PER_WRITE) await flush();
    }
    await flush();
    return { end: { rows } };
  } catch (thrown) {
    await flush().catch(() => {});
    return { error: told(thrown) };
  }
}

function told(thrown: unknown): SqlError['error'] {
  if (thrown instanceof TrackflowError) return { code: thrown.code, message: thrown.message, hints: thrown.hints };
  return { code: 'TF_FAILED', message: String(thrown), hints: [] };
}

function line(value: SqlColumns | SqlEnd | SqlError): string {
  return `${JSON.stringify(value)}\n`;
}

const SQL_BODY = {
  type: 'object',
  required: ['sql'],
  properties: { sql: { type: 'string', minLength: 1 }, write: { type: 'boolean' } },
} as const;
