import { type Block, beside, fitting, panel } from '../../terminal/lines.ts';
import { fullNumber, milliseconds, percent, shortNumber } from '../../terminal/numbers.ts';
import { terminalText } from '../../terminal/text.ts';
import { bytesText, figure, peakFigure, type Scene } from '../screen/scene.ts';
import { queueShare, waiting } from './pipeline.ts';
import { diskForecast } from './system.ts';
import { nextTaskAt, whenText } from './tasks.ts';

export const CARD_LINES = 4;

interface Card {
  readonly title: string;
  readonly value: string;
  readonly more: string;
}

/** The figures that answer "is it well?", one card each. */
export function cards(scene: Scene, width: number): Block {
  const all = cardsOf(scene);
  const each = Math.floor(width / all.length);
  return beside(
    ...all.map(({ title, value, more }, index) => {
      const columns = index === all.length - 1 ? width - each * index : each;
      return panel({ title, lines: [scene.look.paint('bold', value), more] }, columns, CARD_LINES, scene.look);
    }),
  );
}

/** The same on one line; what does not fit is left away from the right. */
export function figuresLine(scene: Scene, width: number): string {
  const { look } = scene;
  const { accepted, stored, refused, lag, share, p99 } = figures(scene);
  const named = (name: string, value: string) => `${name} ${look.paint('bold', value)}`;
  const parts = [
    named('accepted', `${shortNumber(accepted)}/s`),
    named('stored', `${shortNumber(stored)}/s`),
    named('rejected', `${shortNumber(refused)}/s`),
    named('lag', milliseconds(lag).replace(' ', '')),
    named('queue', percent(share)),
    named('p99', milliseconds(p99).replace(' ', '')),
    named('disk', `${bytesText(scene, figure(scene, 'disk_free_bytes'))} free`),
    named('parts', fullNumber(figure(scene, 'engine_parts'))),
    named('visitors', fullNumber(figure(scene, 'live_visitors'))),
  ];
  return ` ${fitting(parts, width - 2)}`;
}

/** What fits into one very short line. */
export function statusLine(scene: Scene, light: string, width: number): string {
  const { accepted, lag, share, p99 } = figures(scene);
  const parts = [
    `${light} ${shortNumber(accepted)}/s`,
    `lag ${milliseconds(lag).replace(' ', '')}`,
    `queue ${percent(share)}`,
    `p99 ${milliseconds(p99).replace(' ', '')}`,
  ];
  return fitting(parts, width, ' ');
}

function figures(scene: Scene) {
  return {
    accepted: figure(scene, 'accepted'),
    stored: figure(scene, 'stored'),
    refused: refusedAndRejected(scene),
    lag: figure(scene, 'lag_ms'),
    share: queueShare(scene),
    p99: figure(scene, 'ack_p99_ms'),
  };
}

/** Events that were not taken, a second. */
export function refusedAndRejected(scene: Scene): number | null {
  const [rejected, refused] = [figure(scene, 'rejected'), figure(scene, 'refused')];
  return rejected === null && refused === null ? null : (rejected ?? 0) + (refused ?? 0);
}

function cardsOf(scene: Scene): Card[] {
  const { look, snapshot } = scene;
  const { accepted, stored, lag, share, p99, refused } = figures(scene);
  const value = (name: Parameters<typeof figure>[1]) => figure(scene, name);
  const dead = value('dead_lettered') ?? 0;
  const running = snapshot.facts.tasks.filter(({ state }) => state === 'running').length;
  const failed = snapshot.facts.tasks.filter(({ state }) => state === 'failed');
  const next = nextTaskAt(snapshot);
  return [
    {
      title: 'ACCEPTED',
      value: `${fullNumber(accepted)}/s`,
      more: `peak ${shortNumber(peakFigure(scene, 'accepted'))}`,
    },
    {
      title: 'STORED',
      value: `${fullNumber(stored)}/s`,
      more:
        dead > 0
          ? look.paint('bad', `${fullNumber(dead)} dead letters`)
          : `duplicates ${fullNumber(value('duplicates'))}/s`,
    },
    {
      title: 'REJECTED',
      value: `${fullNumber(refused)}/s`,
      more: `4xx ${fullNumber(value('requests_4xx'))}  503 ${fullNumber(value('requests_5xx'))}`,
    },
    { title: 'LAG ack→query', value: milliseconds(lag), more: `max ${milliseconds(peakFigure(scene, 'lag_ms'))}` },
    {
      title: 'QUEUE',
      value: `${shortNumber(value('spool_rows'))} ${percent(share)}`,
      more: `oldest ${waiting(value('spool_oldest_seconds'))}`,
    },
    {
      title: 'ACK p50 / p99',
      value: `${milliseconds(value('ack_p50_ms'))} / ${milliseconds(p99)}`,
      more: `p99.9 ${milliseconds(value('ack_p999_ms'))}`,
    },
    { title: 'DISK', value: `${bytesText(scene, value('disk_free_bytes'))} free`, more: diskForecast(scene) },
    {
      title: 'TASKS',
      value: `${running} run  ${failed.length} fail`,
      more: failed[0]
        ? look.paint('bad', terminalText(failed[0].kind))
        : next
          ? `next ${whenText(next, snapshot.receivedAt)}`
          : '',
    },
  ];
}
