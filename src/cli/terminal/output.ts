import { once } from 'node:events';

/** Where a stream of lines goes. Resolves when the next line may be given: a slow reader slows whoever prints. */
export type Print = (line: string) => Promise<void>;

export function printTo(stream: NodeJS.WriteStream, signal: AbortSignal): Print {
  return async (line) => {
    if (!stream.write(`${line}\n`)) await once(stream, 'drain', { signal }).catch(() => signal.throwIfAborted());
  };
}
