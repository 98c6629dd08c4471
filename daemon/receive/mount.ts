import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Failure } from './failure.ts';
import type { ReceiverParts } from './parts.ts';
import type { Messages } from './websocket/messages.ts';

/**
 * A dialect that has more than one path and answers in words of its own. It takes the requests that no path of ours takes,
 * before the reads do.
 */
export interface Mount {
  /** Answers when the request is for it; false, and nothing is done, when it is not. `expectsContinue`: the body is asked for. */
  handle(req: IncomingMessage, res: ServerResponse, path: string, expectsContinue: boolean): boolean;
  /** What is spoken on a WebSocket opened at `path`, why none may be, or nothing where the path is not its own. */
  messages(req: IncomingMessage, path: string): Messages | Failure | undefined;
}

export type OpenMount = (parts: ReceiverParts) => Mount;
