import { z } from 'zod';
import { type AnyTaskKind, type TaskContext, taskKind } from '../kind.ts';

const paramsSchema = z.discriminatedUnion('to', [
  z.strictObject({ to: z.literal('embedded') }),
  z.strictObject({
    to: z.literal('docker'),
    image: z
      .string()
      .regex(/^[\w.\-:@/]+$/)
      .optional(),
  }),
  z.strictObject({ to: z.literal('url'), url: z.string(), user: z.string(), passwordFile: z.string() }),
]);

export type EngineMoveParams = z.infer<typeof paramsSchema>;
export type EngineMoveContext = TaskContext<EngineMoveParams>;

/** Every step may be run again from its beginning: each looks at what is there. */
export interface EngineMoveParts {
  /** Brings the other engine up, empty and marked as ours. */
  prepare(context: EngineMoveContext): Promise<void>;
  /** Carries what is there, while events go on into the engine of now. */
  copy(context: EngineMoveContext): Promise<void>;
  /** Carries the rest while the flush rests, proves that both hold the same, and makes the other one the engine. */
  switchOver(context: EngineMoveContext): Promise<void>;
  /** In the daemon that has it: tells and tidies up. */
  confirm(context: EngineMoveContext): Promise<void>;
}

/** Carries the data to another engine: `daemon/move/engine-move.ts`. `refusal`: why this home has none to carry. */
export function engineMove(parts: EngineMoveParts, refusal: string | null): AnyTaskKind {
  return taskKind<EngineMoveParams>({
    kind: 'engine-move',
    paramsSchema,
    refusal,
    steps: [
      { name: 'prepare', run: (context) => parts.prepare(context) },
      { name: 'copy', run: (context) => parts.copy(context) },
      { name: 'switch', run: (context) => parts.switchOver(context) },
      { name: 'confirm', run: (context) => parts.confirm(context) },
    ],
  });
}
