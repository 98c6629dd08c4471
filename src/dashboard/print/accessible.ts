import { bytes, fullNumber, milliseconds, percent } from '../../terminal/numbers.ts';
import { terminalText } from '../../terminal/text.ts';
import { entryText } from '../panels/events.ts';
import { valueAt } from '../store/series.ts';
import type { Snapshot } from '../store/store.ts';

/** Facts by name, so that only those that changed are said. */
export type Said = ReadonlyMap<string, string>;

/** A change of a rate below this part is not worth a sentence. */
const RATE_CHANGE_MIN = 0.02;

/**
 * What the screen shows, in sentences for a screen reader: all of it at first, later what changed since `said`.
 * Returns the sentences and what has been said by then.
 */
export function sentences(snapshot: Snapshot, said: Said): { text: string[]; said: Said } {
  const facts = factsOf(snapshot);
  const text: string[] = [];
  const next = new Map(said);
  for (const [name, sentence] of facts) {
    if (!isNews(said.get(name), sentence)) continue;
    text.push(sentence);
    next.set(name, sentence);
  }
  return { text, said: next };
}

function factsOf({ connection, facts, rings, viewAt }: Snapshot): Map<string, string> {
  const { state } = facts;
  if (connection.kind === 'not-running') return new Map([['state', 'TrackFlow is not running.']]);
  if (state === null) return new Map([['state', 'Connecting.']]);
  const value = (name: Parameters<typeof valueAt>[1]) => valueAt(rings, name, viewAt);
  const last = facts.log.at(-1);
  const failed = facts.tasks.filter((task) => task.state === 'failed').length;
  return new Map([
    ['connection', connection.kind === 'live' ? 'The figures are live.' : `The connection is ${connection.kind}.`],
    [
      'state',
      terminalText(
        `${state.instance} is ${state.state}. ${state.problems.map((one) => `Problem: ${one}.`).join(' ')}`.trim(),
      ),
    ],
    ['accepted', `Accepted ${fullNumber(value('accepted'))} per second.`],
    ['stored', `Stored ${fullNumber(value('stored'))} per second.`],
    ['rejected', `Rejected ${fullNumber((value('rejected') ?? 0) + (value('refused') ?? 0))} per second.`],
    ['lag', `Lag until queryable ${milliseconds(value('lag_ms'))}.`],
    [
      'latency',
      `Answers take ${milliseconds(value('ack_p50_ms'))}, the slowest percent ${milliseconds(value('ack_p99_ms'))}.`,
    ],
    ['spool', `${fullNumber(value('spool_rows'))} events wait.`],
    ['daemon', `The daemon uses ${percent(value('daemon_cpu'))} of a core and ${bytes(value('daemon_rss_bytes'))}.`],
    ['disk', `${bytes(value('disk_free_bytes'))} of disk free.`],
    ['visitors', `${fullNumber(value('live_visitors'))} live visitors.`],
    ...(failed > 0 ? [['tasks', `${failed} tasks failed.`] as const] : []),
    ...(last === undefined
      ? []
      : [['log', `${last.level === 'error' ? 'Error' : 'Warning'}: ${entryText(last)}.`] as const]),
  ]);
}

/** Whether a sentence says something else than before, beyond a number that moved a little. */
function isNews(before: string | undefined, now: string): boolean {
  if (before === undefined || words(before) !== words(now)) return true;
  const [old, fresh] = [numbers(before), numbers(now)];
  return fresh.some((value, index) => Math.abs(value - old[index]!) > Math.abs(old[index]!) * RATE_CHANGE_MIN);
}

const NUMBER = /\d[\d,.]*\d|\d/g;

function words(sentence: string): string {
  return sentence.replace(NUMBER, '#');
}

function numbers(sentence: string): number[] {
  return (sentence.match(NUMBER) ?? []).map((text) => Number(text.replaceAll(',', '')));
}
