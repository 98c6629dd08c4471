declare module 'pino-roll' {
  import type { EventEmitter } from 'node:events';
  import type { DestinationStream } from 'pino';

  /** The part of pino-roll's API that is used; the package ships no types. */
  interface RollingFile extends EventEmitter, DestinationStream {
    end(): void;
    /** Closes without writing what waits. */
    destroy(): void;
  }
  export default function build(options: {
    file: string;
    size: string;
    limit: { count: number; removeOtherLogFiles: boolean };
    mkdir: boolean;
    mode: number;
    sync: boolean;
    maxLength: number;
  }): Promise<RollingFile>;
}
