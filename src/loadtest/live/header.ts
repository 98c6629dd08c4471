import { gauge } from '../../terminal/charts/gauge.ts';
import { ends, fitting, lineWidth, toWidth } from '../../terminal/lines.ts';
import type { Tone } from '../../terminal/look.ts';
import { duration, fullNumber, milliseconds } from '../../terminal/numbers.ts';
import { terminalText } from '../../terminal/text.ts';
import { perSecond } from './panels.ts';
import { generatorTrouble, type LiveScene, meanNow, newest, timeText } from './scene.ts';
import { LIVE_KEYMAP } from './ui.ts';

/** The phase in a word, and its tone. */
export function phaseWord({ snapshot: { phase, stopping } }: LiveScene): [Tone, string] {
  if (stopping && (phase === 'running' || phase === 'warm-up')) return ['warn', 'STOPPING'];
  return [phase === 'warm-up' ? 'warn' : 'good', phase.toUpperCase()];
}

/** The run, its phase, whether the generator keeps up, and what it sends. */
export function headerLine(scene: LiveScene, width: number): string {
  const { look, snapshot } = scene;
  const { plan, ui } = snapshot;
  const [tone, word] = phaseWord(scene);
  const left = fitting(
    [
      ` ${look.paint('bold', `load test ${terminalText(plan.run)}`)} ${look.paint(tone, look.mark.light)} ${look.paint(tone, word)}`,
      generatorWords(scene),
      `${plan.profile}, ${plan.model} model`,
      `${fullNumber(plan.connections)} connections`,
      terminalText(plan.url),
    ],
    width - 12,
  );
  return ends(left, `win ${duration(ui.windowMs)} `, width);
}

function generatorWords({ look, snapshot }: LiveScene): string {
  const trouble = generatorTrouble(snapshot);
  return trouble === '' ? look.paint('good', 'generator keeps up') : look.paint('bad', `INVALID: ${trouble}`);
}

/** How far the phase is, as a bar where that is known. */
export function progressLine(scene: LiveScene, width: number): string {
  const { look, snapshot } = scene;
  const { share, phase } = snapshot;
  const sending = phase === 'running' || phase === 'warm-up' || phase === 'starting';
  const right = sending ? ` ${timeText(snapshot)} ` : ` ${PHASE_TEXTS[phase]} `;
  const room = Math.max(1, width - 7 - lineWidth(right));
  const bar =
    share === null ? look.paint('dim', look.gauge[1].repeat(room)) : look.paint('accent', gauge(share, room, look));
  const percent = share === null ? '' : `${Math.floor(share * 100)}%`;
  return ` ${bar} ${percent.padStart(4)}${right}`;
}

const PHASE_TEXTS = {
  draining: 'waiting until everything is stored',
  settling: 'waiting for merges, to weigh the events',
  verifying: 'looking for every event',
  done: 'writing the report',
} as const;

/** The figures of now that are looked for first. */
export function figuresLine(scene: LiveScene, width: number): string {
  const { look, snapshot } = scene;
  return ` ${fitting(
    [
      `offered ${perSecond(meanNow(snapshot, ({ figures }) => figures.scheduled))}`,
      `acknowledged ${look.paint('bold', perSecond(meanNow(snapshot, ({ figures }) => figures.acknowledged)))}`,
      failedText(scene),
      `stored ${perSecond(meanNow(snapshot, ({ figures }) => figures.stored))}`,
      `lag ${milliseconds(newest(snapshot, ({ figures }) => figures.lagMs))}`,
      `unknown ${fullNumber(snapshot.totals.unknown)}`,
    ],
    width - 1,
  )}`;
}

function failedText({ look, snapshot }: LiveScene): string {
  const failed = meanNow(snapshot, ({ figures }) => figures.failed) ?? 0;
  return failed > 0 ? look.paint('bad', `failed ${perSecond(failed)}`) : '';
}

/** Every key and what it does. */
export function helpLines({ look }: LiveScene): string[] {
  return LIVE_KEYMAP.map(({ shown, help }) => ` ${look.paint('bold', toWidth(shown, 6))}${help}`);
}

/** The keys; the way out stays when there is room for one only. */
export function footerLine({ look }: LiveScene, width: number): string {
  const keys = LIVE_KEYMAP.filter(({ short }) => short !== '').map(
    ({ shown, short }) => `${look.paint('bold', shown)} ${look.paint('dim', short)}`,
  );
  const [quit, ...others] = keys.reverse();
  return ` ${fitting([quit!, ...others.reverse()], width - 1)}`;
}
