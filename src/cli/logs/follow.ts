import { setTimeout as sleep } from 'node:timers/promises';
import { LineReader } from './line-reader.ts';
import type { LogSource } from './sources.ts';

const LOOK_MS = 200;

/** The last `count` lines that `keeps` keeps, oldest first, and where the log goes on behind them. */
export interface Recent {
  readonly lines: readonly string[];
  /** Stands behind the newest line; undefined when there is no file yet. The caller closes it. */
  readonly reader: LineReader | undefined;
}

export function recentLines(source: LogSource, count: number, keeps: (line: string) => boolean): Recent {
  let lines: string[] = [];
  let newest: LineReader | undefined;
  for (const path of source.files().toReversed()) {
    const reader = LineReader.open(path);
    if (reader === undefined) continue;
    lines = [...lastOf(reader, count - lines.length, keeps), ...lines];
    if (newest === undefined) newest = reader;
    else reader.close();
    if (lines.length >= count) break;
  }
  return { lines, reader: newest };
}

/**
 * Every line behind `reader`, until `signal` aborts, from one file to the next, whoever writes them: a daemon that
 * rotates, ends and starts again is followed. Closes the readers.
 */
export async function* followLines(
  source: LogSource,
  from: LineReader | undefined,
  signal: AbortSignal,
): AsyncGenerator<string, void> {
  let reader = from;
  try {
    for (;;) {
      if (reader !== undefined) yield* reader.lines();
      const next = reader === undefined ? source.files()[0] : source.after(reader);
      if (next === undefined) await sleep(LOOK_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
      else {
        // What came between the last look and the change.
        if (reader !== undefined) yield* reader.lines();
        reader?.close();
        reader = LineReader.open(next);
      }
    }
  } finally {
    reader?.close();
  }
}

function lastOf(reader: LineReader, count: number, keeps: (line: string) => boolean): string[] {
  const kept: string[] = [];
  let at = 0;
  for (const line of reader.lines()) {
    if (count <= 0 || !keeps(line)) continue;
    kept[at] = line;
    at = (at + 1) % count;
  }
  return [...kept.slice(at), ...kept.slice(0, at)];
}
