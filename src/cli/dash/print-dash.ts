import { type Said, sentences } from '../../dashboard/print/accessible.ts';
import { type DashDocument, documents } from '../../dashboard/print/snapshot.ts';
import { runFeed } from '../../dashboard/store/feed.ts';
import { DashStore } from '../../dashboard/store/store.ts';
import type { Instance } from '../instance.ts';

/** The figures of now. Throws TF_NOT_RUNNING when there is no daemon. */
export async function readDash(instance: Instance): Promise<DashDocument> {
  for await (const document of documents((signal) => instance.control.stream(signal), instance.signal)) return document;
  throw new Error('the daemon ended the stream');
}

/** Prints a document every `intervalMs`, the first at once, until the daemon goes or the reader does. */
export async function watchDash(
  instance: Instance,
  { intervalMs, print }: { intervalMs: number; print: (document: DashDocument) => void },
): Promise<void> {
  let printedAt = Number.NEGATIVE_INFINITY;
  for await (const document of documents((signal) => instance.control.stream(signal), instance.signal)) {
    const at = Date.parse(document.at);
    if (at - printedAt < intervalMs) continue;
    printedAt = at;
    print(document);
  }
}

/** Says in sentences what changed, every `intervalMs` and when Enter is pressed, until interrupted. */
export async function speakDash(
  instance: Instance,
  {
    intervalMs,
    now,
    stdin,
    print,
  }: {
    intervalMs: number;
    now: () => number;
    stdin: NodeJS.ReadStream;
    print: (line: string) => void;
  },
): Promise<void> {
  const { signal, control } = instance;
  const store = new DashStore();
  let said: Said = new Map();
  const speak = () => {
    const next = sentences(store.getSnapshot(), said);
    said = next.said;
    for (const sentence of next.text) print(sentence);
  };
  const onEnter = () => {
    said = new Map();
    speak();
  };
  const timer = setInterval(speak, intervalMs);
  stdin.on('data', onEnter);
  const first = store.subscribe(() => {
    first();
    setTimeout(speak, FIRST_SENTENCES_AFTER_MS);
  });
  try {
    await runFeed({ store, source: (stop) => control.stream(stop), now }, signal);
  } finally {
    clearInterval(timer);
    stdin.off('data', onEnter).pause();
  }
  signal.throwIfAborted();
}

/** By then the first tick is there. */
const FIRST_SENTENCES_AFTER_MS = 1_200;
