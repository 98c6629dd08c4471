import type { FastifyInstance } from 'fastify';
import type { TaskChange, TaskFilter, TaskList, TaskReport } from '../../src/control/tasks.ts';

export interface TaskHandlers {
  list(filter: TaskFilter): TaskList;
  show(id: number): TaskReport;
  start(kind: string, params: unknown): TaskChange;
  retry(id: number): TaskChange;
  cancel(id: number): TaskChange;
}

/** Routes of the tasks; see `src/control/protocol.ts`. */
export function taskRoutes(app: FastifyInstance, tasks: TaskHandlers): void {
  app.get<{ Querystring: TaskFilter }>('/tasks', ({ query }) => tasks.list(query));
  app.post<{ Body: { kind: string; params?: object } }>('/tasks', { schema: { body: TASK_BODY } }, ({ body }) =>
    tasks.start(body.kind, body.params ?? {}),
  );
  app.get<{ Params: { id: number } }>('/tasks/:id', { schema: { params: ID } }, ({ params }) => tasks.show(params.id));
  for (const operation of ['retry', 'cancel'] as const) {
    app.post<{ Params: { id: number } }>(`/tasks/:id/${operation}`, { schema: { params: ID } }, ({ params }) =>
      tasks[operation](params.id),
    );
  }
}

const ID = {
  type: 'object',
  required: ['id'],
  properties: { id: { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER } },
} as const;

const TASK_BODY = {
  type: 'object',
  required: ['kind'],
  properties: { kind: { type: 'string', maxLength: 100 }, params: { type: 'object' } },
} as const;
