import type { FastifyInstance } from 'fastify';
import type { TaskChange, TaskFilter, TaskList, TaskReport } from '../../src/control/tasks.ts';

/** What a task needs and nobody may keep: held in memory, by name. */
type Secrets = Readonly<Record<string, string>>;

export interface TaskHandlers {
  list(filter: TaskFilter): TaskList;
  show(id: number): TaskReport;
  start(kind: string, params: unknown, secrets?: Secrets): TaskChange;
  retry(id: number, secrets?: Secrets): TaskChange;
  cancel(id: number): TaskChange;
}

/** Routes of the tasks; see `src/control/protocol.ts`. */
export function taskRoutes(app: FastifyInstance, tasks: TaskHandlers): void {
  app.get<{ Querystring: TaskFilter }>('/tasks', ({ query }) => tasks.list(query));
  app.post<{ Body: { kind: string; params?: object; secrets?: Secrets } }>(
    '/tasks',
    { schema: { body: TASK_BODY } },
    ({ body }) => tasks.start(body.kind, body.params ?? {}, body.secrets),
  );
  app.get<{ Params: { id: number } }>('/tasks/:id', { schema: { params: ID } }, ({ params }) => tasks.show(params.id));
  app.post<{ Params: { id: number }; Body: { secrets?: Secrets } }>(
    '/tasks/:id/retry',
    { schema: { params: ID, body: RETRY_BODY } },
    ({ params, body }) => tasks.retry(params.id, body.secrets),
  );
  app.post<{ Params: { id: number } }>('/tasks/:id/cancel', { schema: { params: ID } }, ({ params }) =>
    tasks.cancel(params.id),
  );
}

const ID = {
  type: 'object',
  required: ['id'],
  properties: { id: { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER } },
} as const;

const SECRETS = {
  type: 'object',
  maxProperties: 4,
  additionalProperties: { type: 'string', maxLength: 1_000 },
} as const;

const RETRY_BODY = { type: 'object', properties: { secrets: SECRETS } } as const;

const TASK_BODY = {
  type: 'object',
  required: ['kind'],
  properties: { kind: { type: 'string', maxLength: 100 }, params: { type: 'object' }, secrets: SECRETS },
} as const;
