import fs from 'node:fs';
import type { ServerResponse } from 'node:http';
import fastify, { type FastifyInstance } from 'fastify';
import type { DeadLetter, StatsQuestion, Status } from '../../src/control/protocol.ts';
import { type ErrorCode, TrackflowError } from '../../src/errors/error.ts';
import type { DeadLetterOperation } from '../threads/messages.ts';
import type { DeadLetterAnswer } from '../threads/spool-handle.ts';
import { type AccessHandlers, accessRoutes } from './access.ts';
import { type RegistryHandlers, registryRoutes } from './registry.ts';
import { type RunSql, sqlRoute } from './sql.ts';
import type { Stream } from './stream.ts';
import { type TaskHandlers, taskRoutes } from './tasks.ts';

const BODY_BYTES_MAX = 1024 * 1024;
const SOCKET_MODE = 0o600;

export interface ControlHandlers {
  status(): Status;
  /** Begins the stop, within `timeoutMs` where it is given; answers before it is done. */
  stop(timeoutMs?: number): void;
  query(sql: string): Promise<{ columns: unknown; rows: unknown }>;
  readonly sql: RunSql;
  /** A statistic by the parameters of its URL. */
  ask(question: StatsQuestion, params: URLSearchParams): Promise<object>;
  config(): unknown;
  /** Prometheus text. */
  metrics(): Promise<string>;
  deadLetters(operation: DeadLetterOperation): Promise<DeadLetterAnswer>;
  seal(): void;
  /** Streams into `response`, which it ends itself; throws before it has begun. */
  tail(filters: readonly string[], response: ServerResponse, begin: () => void): void;
  readonly stream: Stream;
  readonly tasks: TaskHandlers;
  readonly access: AccessHandlers;
  readonly registry: RegistryHandlers;
}

/**
 * The control socket: HTTP over a Unix socket that only the owner may open. Routes are in `src/control/protocol.ts`.
 * The caller holds the lock of the home, so a socket file that lies there is a dead daemon's and is replaced.
 */
export async function openControlServer(
  socketPath: string,
  handlers: ControlHandlers,
): Promise<{ close(): Promise<void> }> {
  const app = fastify({ bodyLimit: BODY_BYTES_MAX, forceCloseConnections: true });
  routes(app, handlers);
  fs.rmSync(socketPath, { force: true });
  // Between bind and chmod nobody else can connect: the folder is 0700.
  await app.listen({ path: socketPath });
  fs.chmodSync(socketPath, SOCKET_MODE);
  return { close: () => app.close() };
}

function routes(app: FastifyInstance, handlers: ControlHandlers): void {
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    const code: ErrorCode = error instanceof TrackflowError ? error.code : 'TF_FAILED';
    const hints = error instanceof TrackflowError ? error.hints : [];
    return reply.code(httpStatus(error)).send({ error: { code, message: error.message, hints } });
  });
  app.get('/status', () => handlers.status());
  app.post<{ Body: { timeoutMs?: number } }>('/stop', { schema: { body: STOP_BODY } }, ({ body }, reply) => {
    handlers.stop(body.timeoutMs);
    return reply.code(202).send({});
  });
  app.get('/config', () => handlers.config());
  app.get('/metrics', async () => ({ text: await handlers.metrics() }));
  app.get('/stream', (_request, reply) => {
    if (handlers.stream.isFull) throw new TrackflowError('TF_BUSY', 'as many watch as may');
    reply.hijack();
    reply.raw.writeHead(200, { 'content-type': 'application/x-ndjson' });
    handlers.stream.add(reply.raw);
  });
  app.get('/tail', (request, reply) => {
    const filters = new URLSearchParams(request.url.split('?')[1]).getAll('filter');
    handlers.tail(filters, reply.raw, () => {
      reply.hijack();
      reply.raw.writeHead(200, { 'content-type': 'application/x-ndjson' });
    });
  });
  taskRoutes(app, handlers.tasks);
  sqlRoute(app, handlers.sql);
  accessRoutes(app, handlers.access);
  registryRoutes(app, handlers.registry);
  app.post('/flush', (_request, reply) => {
    handlers.seal();
    return reply.code(202).send({});
  });
  app.post<{ Body: { sql: string } }>('/query', { schema: { body: QUERY_BODY } }, ({ body }) =>
    handlers.query(body.sql),
  );
  app.post<{ Body: { question: StatsQuestion; params: Record<string, string> } }>(
    '/ask',
    { schema: { body: ASK_BODY } },
    ({ body }) => handlers.ask(body.question, new URLSearchParams(body.params)),
  );
  app.get('/deadletters', async () => {
    const { letters } = await handlers.deadLetters({ do: 'list' });
    const deadLetters = letters.map((letter): DeadLetter => ({ ...letter, at: new Date(letter.at).toISOString() }));
    return { deadLetters };
  });
  for (const operation of ['replay', 'drop'] as const) {
    app.post<{ Body: { batches: string[] | 'all' } }>(
      `/deadletters/${operation}`,
      { schema: { body: BATCHES_BODY } },
      async ({ body }) => {
        const { changed } = await handlers.deadLetters({ do: operation, batches: body.batches });
        return operation === 'replay' ? { replayed: changed } : { dropped: changed };
      },
    );
  }
}

const STOP_BODY = {
  type: 'object',
  properties: { timeoutMs: { type: 'integer', minimum: 0, maximum: 600_000 } },
} as const;

const QUERY_BODY = {
  type: 'object',
  required: ['sql'],
  properties: { sql: { type: 'string', minLength: 1 } },
} as const;

const ASK_BODY = {
  type: 'object',
  required: ['question', 'params'],
  properties: {
    question: { type: 'string', enum: ['totals', 'timeseries', 'top'] },
    params: { type: 'object', additionalProperties: { type: 'string' } },
  },
} as const;

const BATCHES_BODY = {
  type: 'object',
  required: ['batches'],
  properties: {
    batches: {
      anyOf: [
        { type: 'string', const: 'all' },
        { type: 'array', maxItems: 10_000, items: { type: 'string', pattern: '^[0-9a-f]{16}$' } },
      ],
    },
  },
} as const;

function httpStatus(error: Error & { statusCode?: number }): number {
  if (!(error instanceof TrackflowError)) return error.statusCode ?? 500;
  if (error.code === 'TF_ENGINE_UNAVAILABLE' || error.code === 'TF_BUSY') return 503;
  if (error.code === 'TF_TIMEOUT') return 504;
  return error.who === 'you' ? 400 : 500;
}
