import type { ErrorCode } from '../errors/error.ts';
import type { Status } from './protocol.ts';

/**
 * What a starting daemon says to `trackflow start` over the IPC channel: any number of `progress`, then one `ready`
 * (the collector listens, the engine is ready, the schema applied) or one `failed`, after which it exits with the exit
 * code of the error. After `ready` the parent disconnects; a parent that does not wait disconnects at once.
 */
export type StartMessage =
  | { readonly type: 'progress'; readonly message: string }
  | { readonly type: 'ready'; readonly status: Status }
  | {
      readonly type: 'failed';
      readonly error: { readonly code: ErrorCode; readonly message: string; readonly hints: readonly string[] };
    };
