import { attempt } from './attempt.ts';
import {
  BATCH_CHARS_MAX,
  EVENTS_MAX,
  EVENTS_PER_COUNT,
  GATHER_MS,
  ID_CHARS,
  KEEPALIVE_CHARS_MAX,
  LEASE_MS,
  LOOK_MS,
  MARK_DIGITS,
  RETRY_MS,
  RETRY_MS_MAX,
  SEEN_MS,
  WAIT_MS_MAX,
} from './limits.ts';

/**
 * Events on their way to the collector: a queue in localStorage that all tabs of a site share, and who sends it.
 *
 * Each event has a key of its own, which ends in its id: no tab ever writes what another one has read, and keys sort by
 * time. Promises: an event leaves the queue when the collector answered for it (202, or a refusal that no retry can mend)
 * and not before; the oldest go first. Where localStorage is missing, denied or full, an event waits in the memory of its
 * page. Full: the oldest of more than `EVENTS_MAX` events go, which is reported.
 *
 * Of all tabs one sends at a time: under a Web Lock where there are locks, else under a lease, a time in storage that a
 * tab which dies leaves behind for `LEASE_MS` at most. After a failure all tabs wait, for what Retry-After says and ever
 * longer, or until the browser is online again.
 *
 * A page that goes away hands the rest to `sendBeacon` and never hears what became of it. Those events stay, marked with
 * the time in front, and the next page sends them again: the collector knows their ids. It knows them for a while only,
 * so what was marked more than `dedupMs` ago is dropped: it was almost surely stored, and a second copy would stay.
 */
export type Outbox = readonly [
  /** Keys of the waiting events, the oldest first. */
  waiting: () => string[],
  read: (key: string) => string | undefined,
  /** Keeps a text under a key that begins with the prefix; `inMemory`: not on disk. */
  write: (key: string, text: string | number, inMemory?: unknown) => void,
  drop: (key: string) => void,
  /** There is something new. */
  wake: () => void,
];

/**
 * Opens the outbox of the site whose keys begin with `prefix`, and begins to send to `url`. `report` is told what the
 * collector answered and what did not fit.
 */
export function openOutbox(
  prefix: string,
  url: string | URL,
  dedupMs: number,
  report: (what: unknown) => void,
): Outbox {
  const { locks } = navigator;
  const memory: Record<string, string> = {};
  const disk: Record<string, string> = attempt(() => localStorage) ?? {};
  /** Until when nobody sends, in milliseconds since 1970: a lease or a retry. 0 when the last request was answered. */
  const until = `${prefix}until`;
  /** Keys that a request has taken along whose answer is not there yet. */
  let taken: string[] = [];
  let count = 0;
  /** From when sending was decided on until it is over. */
  let isBusy = false;
  let backoffMs = 0;
  let charsMax = BATCH_CHARS_MAX;
  let isGone = false;

  const read = (key: string) => disk[key] ?? memory[key];
  const drop = (key: string) => {
    delete disk[key];
    delete memory[key];
  };
  const write = (key: string, text: string | number, inMemory?: unknown) => {
    try {
      (inMemory ? memory : disk)[key] = text as string;
    } catch {
      // What was there before must not hide it.
      drop(key);
      memory[key] = text as string;
    }
    if (!(++count % EVENTS_PER_COUNT)) waiting();
  };
  const waiting = () => {
    const keys = [disk, memory]
      .flatMap(Object.keys)
      .filter((key) => key.slice(0, -ID_CHARS) === prefix)
      .sort();
    while (keys.length > EVENTS_MAX) report(drop(keys.shift()!) ?? 'full');
    return keys;
  };

  const isWaiting = () => {
    const ms = +read(until)! - Date.now();
    return ms > 0 && ms <= WAIT_MS_MAX;
  };

  /** Keys of the next batch, none of `except`. */
  const nextBatch = (except: string[]) => {
    let chars = 0;
    return waiting().filter((key) => {
      // Another tab may have dropped it a moment ago.
      const text = read(key) ?? '';
      const isOver = Date.now() - +text.slice(0, MARK_DIGITS) > dedupMs;
      if (isOver) drop(key);
      if (isOver || !text || chars > charsMax || except.includes(key)) return false;
      chars += text.length;
      return true;
    });
  };
  /** One event a line, without the marks. */
  const bodyOf = (batch: string[]) => batch.map((key) => read(key)!.replace(/^\d+/, '')).join('\n');

  const later = (ms: number) => {
    if (isBusy) return;
    isBusy = true;
    setTimeout(async () => {
      // An opaque origin may not lock, and has no other tab to share with.
      await (locks?.request(prefix, sendAll).catch(sendAll) ?? sendAll());
      isBusy = false;
      if (waiting()[0]) later(LOOK_MS);
    }, ms);
  };

  const sendAll = async () => {
    while (waiting()[0] && !isWaiting()) {
      let waitMs = 0;
      let isFinal = true;
      const lease = locks ? 0 : Date.now() + LEASE_MS + Math.random();
      write(until, lease);
      // Processes see what others did to storage a moment later. Of two tabs that took the lease at once, one goes on.
      await new Promise((resolve) => setTimeout(resolve, SEEN_MS));
      if (+read(until)! !== lease) break;
      taken = nextBatch([]);
      if (taken[0])
        try {
          const body = bodyOf(taken);
          const answer = await fetch(url, {
            method: 'POST',
            body,
            keepalive: body.length < KEEPALIVE_CHARS_MAX,
            signal: AbortSignal.timeout?.(LEASE_MS),
          });
          const { status } = answer;
          waitMs = +answer.headers.get('retry-after')! * 1_000 || 0;
          isFinal = [202, 400, 413].includes(status);
          // Too much at once for this collector; a single event is too much in itself.
          if (status === 413 && taken[1]) charsMax /= 2;
          else if (isFinal) {
            taken.forEach(drop);
            report(await answer.text());
          }
        } catch {
          // No answer: the events stay.
          isFinal = false;
        }
      backoffMs = isFinal ? 0 : Math.min(backoffMs * 2 + RETRY_MS, RETRY_MS_MAX);
      write(until, backoffMs && Date.now() + Math.min(waitMs + Math.random() * backoffMs, WAIT_MS_MAX));
    }
    taken = [];
  };

  const leave = () => {
    isGone = true;
    // Comes only if the page lives on after all, in the back-forward cache.
    setTimeout(() => {
      isGone = false;
      wake();
    });
    if (taken[0]) write(until, 0);
    const rest = nextBatch(taken);
    if (rest[0]) navigator.sendBeacon(url, bodyOf(rest));
    // Where nobody took the last request and nobody takes this one, there is no mark, however long it takes.
    if (!(backoffMs || +read(until)!) && navigator.onLine) {
      for (const key of [...taken, ...rest]) if (disk[key]?.[0] === '{') write(key, Date.now() + disk[key]);
    }
  };
  const wake = () => (isGone ? leave() : later(GATHER_MS));
  addEventListener('pagehide', leave);
  addEventListener('online', () => write(until, 0));
  wake();
  return [waiting, read, write, drop, wake];
}
