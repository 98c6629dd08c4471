import { type DashDocument, snapshotText, watchLine } from '../../dashboard/print/snapshot.ts';
import { holdTerminal } from '../../terminal/screen/hold.ts';
import { terminalJson } from '../../terminal/text.ts';
import type { Instance } from '../instance.ts';
import { endsWhenInterrupted } from '../interruption.ts';
import { hasColours, isAccessible, isScreen, type SymbolsChoice, symbolsFor } from '../terminal/terminal-kind.ts';
import { readDash, speakDash, watchDash } from './print-dash.ts';

export interface DashFlags {
  readonly once: boolean;
  readonly watch: boolean;
  readonly interval?: number | undefined;
  readonly symbols: SymbolsChoice;
  readonly ascii: boolean;
  readonly accessible: boolean;
  readonly noColor: boolean;
  readonly allowActions: boolean;
  readonly json: boolean;
  readonly stdout: NodeJS.WriteStream;
  readonly stdin: NodeJS.ReadStream;
  readonly version: string;
  readonly now: () => number;
}

const WATCH_INTERVAL_MS = 5_000;
const SPEAK_INTERVAL_MS = 10_000;

/** Chooses how to show the dashboard: screen, sentences, lines or one document. Returns the document of `--json`. */
export async function runDash(instance: Instance, flags: DashFlags): Promise<DashDocument | undefined> {
  const { stdout, stdin, now, json, interval } = flags;
  const print = (text: string) => void stdout.write(`${text}\n`);
  if (flags.watch) {
    const intervalMs = interval ?? WATCH_INTERVAL_MS;
    const line = json ? (document: DashDocument) => terminalJson(document) : watchLine;
    await endsWhenInterrupted(watchDash(instance, { intervalMs, print: (document) => print(line(document)) }));
    return undefined;
  }
  if (isAccessible(flags.accessible, instance.env) && !flags.once && !json) {
    await endsWhenInterrupted(speakDash(instance, { intervalMs: interval ?? SPEAK_INTERVAL_MS, now, stdin, print }));
    return undefined;
  }
  if (flags.once || json || !isScreen(stdout, instance.env)) {
    const document = await readDash(instance);
    if (!json) print(snapshotText(document));
    if (!json && !flags.once) instance.say('no terminal to draw on: these are the figures of now; --watch goes on');
    return document;
  }
  // Before anything else is loaded: a key that is typed meanwhile is not to be echoed.
  const hold = holdTerminal(stdout, stdin);
  try {
    const { openDash } = await import('./open-dash.ts');
    await openDash(instance, {
      stdout,
      stdin,
      hold,
      symbolsFor: (columns) => symbolsFor(flags.ascii ? 'ascii' : flags.symbols, instance.env, columns),
      colours: hasColours(flags.noColor, instance.env),
      intervalMs: interval,
      allowActions: flags.allowActions,
      version: flags.version,
      now,
    });
  } finally {
    hold.release();
  }
  return undefined;
}
