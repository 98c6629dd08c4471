import { z } from 'zod';
import { type AnyTaskKind, type TaskContext, taskKind } from '../kind.ts';

export const CUTOVER_KIND = 'cutover';

export type CutoverContext = TaskContext<object>;

/** Every step may be run again from its beginning: each looks at what is there. */
export interface CutoverParts {
  /** Marks the engine's empty tables as ours. */
  prepare(context: CutoverContext): Promise<void>;
  /** Carries what is there, while events go on into PostgreSQL. */
  copy(context: CutoverContext): Promise<void>;
  /** Carries the rest while the flush rests, proves that both hold the same, and makes ClickHouse the store. */
  switchOver(context: CutoverContext): Promise<void>;
  /** In the daemon whose store it is. */
  confirm(context: CutoverContext): Promise<void>;
}

/** From PostgreSQL to ClickHouse: `daemon/cutover/cutover.ts`. `refusal`: why this home has nothing to carry. */
export function cutover(parts: CutoverParts, refusal: string | null): AnyTaskKind {
  return taskKind<object>({
    kind: CUTOVER_KIND,
    paramsSchema: z.strictObject({}),
    refusal,
    apart: ['engine-move', 'erase', 'migrate', 'retention'],
    steps: [
      { name: 'prepare', run: (context) => parts.prepare(context) },
      { name: 'copy', run: (context) => parts.copy(context) },
      { name: 'switch', run: (context) => parts.switchOver(context) },
      { name: 'confirm', run: (context) => parts.confirm(context) },
    ],
  });
}
