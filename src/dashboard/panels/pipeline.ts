import { gauge } from '../../terminal/charts/gauge.ts';
import { fitting, toWidth } from '../../terminal/lines.ts';
import { duration, fullNumber, milliseconds, percent, shortNumber } from '../../terminal/numbers.ts';
import { bytesText, charts, figure, type Panel, type Scene } from '../screen/scene.ts';

const NAME_COLUMNS = 10;

/** The road of an event: where it waits, and what failed. */
export const pipeline: Panel = {
  id: 'pipeline',
  draw: (scene, width, height) => {
    const figures = lines(scene, width);
    const room = { nameColumns: NAME_COLUMNS, width, height: height - figures.length };
    return { title: 'Pipeline', note: 'where events wait', lines: [...figures, ...charts(scene, CHARTS, room)] };
  },
};

const CHARTS = [
  { name: 'commit ms', series: 'commit_ms', tone: 'accent' },
  { name: 'insert ms', series: 'insert_ms', tone: 'accent' },
  { name: 'spool', series: 'spool_rows', tone: 'accent' },
] as const;

function lines(scene: Scene, width: number): string[] {
  const value = (name: Parameters<typeof figure>[1]) => figure(scene, name);
  const { look, snapshot } = scene;
  const state = snapshot.facts.state;
  const share = queueShare(scene);
  const breaker = state?.breaker ?? 'closed';
  const row = (name: string, text: string) => look.paint('dim', toWidth(name, NAME_COLUMNS)) + text;
  const spooled = `${shortNumber(value('spool_rows'))} ${gauge(share ?? 0, 10, look)} ${percent(share)}`;
  return [
    row('receive', `${shortNumber(value('connections'))} conn  ${bytesText(scene, value('received_bytes'))}/s`),
    row('in flight', `${bytesText(scene, value('inflight_bytes'))}  ${fullNumber(value('websockets'))} websockets`),
    row('commit', `${fullNumber(value('commits'))}/s  ${milliseconds(value('commit_ms'))}`),
    row('spool', fitting([spooled, 'of bytes'], width - NAME_COLUMNS, ' ')),
    row('oldest', waiting(value('spool_oldest_seconds'))),
    row(
      'flush',
      `${fullNumber(value('inserts'))}/s  ${milliseconds(value('insert_ms'))}  ${breakerText(scene, breaker)}`,
    ),
    row('failures', `${fullNumber(value('flush_failures'))}/s  dead letters ${fullNumber(value('dead_lettered'))}`),
  ];
}

/** Part of the bytes that the spool may take; null when it is not known. */
export function queueShare(scene: Scene): number | null {
  const spooled = figure(scene, 'spool_bytes');
  const max = scene.snapshot.facts.state?.limits.spoolBytesMax;
  return spooled === null || max === undefined || max === 0 ? null : spooled / max;
}

/** `0.4s` or how long it is. */
export function waiting(seconds: number | null): string {
  if (seconds === null) return fullNumber(null);
  return seconds < 60 ? `${seconds.toFixed(1)} s` : duration(seconds * 1_000);
}

function breakerText({ look }: Scene, breaker: string): string {
  return breaker === 'closed' ? '' : look.paint('bad', `breaker ${breaker}`);
}
