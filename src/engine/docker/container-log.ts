/**
 * A container's output, copied into `logs/clickhouse.log`.
 *
 * Promises: a line is written once, over ends of the container, of Docker and of the daemon; the files hold 30 MB at the
 * most (three of 10 MB), the newest is always `clickhouse.log`. A disk without room loses lines, never the engine.
 */
import { appendFileSync, renameSync, statSync } from 'node:fs';
import type { Docker } from './client/docker.ts';
import { OutputFrames } from './client/output-frames.ts';

/** In the folder of logs, as the embedded engine calls its own. */
export const LOG_FILE = 'clickhouse.log';
const FILE_BYTES_MAX = 10 * 1024 * 1024;
const FILES_KEPT = 2;

export interface ContainerLogOptions {
  readonly docker: Docker;
  readonly name: string;
  readonly path: string;
  readonly fileBytesMax?: number;
}

export class ContainerLog {
  readonly #options: ContainerLogOptions;
  readonly #fileBytesMax: number;
  /** Docker's time of the newest line that was written, as it gives it. */
  #newest = '';

  constructor(options: ContainerLogOptions) {
    this.#options = options;
    this.#fileBytesMax = options.fileBytesMax ?? FILE_BYTES_MAX;
  }

  /** Copies until the container ends or `signal` aborts. Rejects when Docker does not answer. */
  follow(signal: AbortSignal): Promise<void> {
    return this.#copy(true, signal);
  }

  /** Copies what there is. */
  copy(signal: AbortSignal): Promise<void> {
    return this.#copy(false, signal);
  }

  async #copy(follow: boolean, signal: AbortSignal): Promise<void> {
    const { docker, name } = this.#options;
    const stream = await docker.output(name, { sinceSeconds: this.#since(), follow, signal });
    const frames = new OutputFrames();
    try {
      for await (const chunk of stream) {
        this.#write(frames.take(chunk).flatMap((frame) => this.#unseen(frame)));
      }
    } catch (cause) {
      if (!signal.aborted) throw cause;
    }
  }

  /** From where on the container's output is not in the file yet: seconds since the epoch, to the nanosecond. */
  #since(): string {
    if (this.#newest === '') {
      const written = statSync(this.#options.path, { throwIfNoEntry: false });
      return written === undefined ? '0' : (written.mtimeMs / 1_000).toFixed(3);
    }
    const fraction = /\.(\d+)Z$/.exec(this.#newest)?.[1] ?? '0';
    return `${Math.floor(Date.parse(this.#newest) / 1_000)}.${fraction}`;
  }

  /** `2026-11-21T16:16:42.611591000Z the line`: the line, unless it was written before. */
  #unseen(frame: string): string[] {
    const at = frame.indexOf(' ');
    const time = frame.slice(0, at);
    if (time <= this.#newest) return [];
    this.#newest = time;
    return [frame.slice(at + 1)];
  }

  /** As many lines at once as the file still takes. */
  #write(lines: readonly string[]): void {
    const { path } = this.#options;
    let at = 0;
    try {
      while (at < lines.length) {
        const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
        if (size >= this.#fileBytesMax) rotate(path);
        let room = size >= this.#fileBytesMax ? this.#fileBytesMax : this.#fileBytesMax - size;
        const from = at;
        while (at < lines.length && room > 0) room -= Buffer.byteLength(lines[at++]!);
        appendFileSync(path, lines.slice(from, at).join(''), { mode: 0o600 });
      }
    } catch {
      // Nobody to tell but the log of the daemon, which is on the same disk.
    }
  }
}

function rotate(path: string): void {
  const older = (number: number) => (number === 0 ? path : `${path}.${number}`);
  for (let number = FILES_KEPT; number > 0; number--) {
    if (statSync(older(number - 1), { throwIfNoEntry: false }) !== undefined) {
      renameSync(older(number - 1), older(number));
    }
  }
}
