import type { StorageFigures } from '../../../control/storage.ts';
import type { PanelContent } from '../../../terminal/lines.ts';
import { duration } from '../../../terminal/numbers.ts';
import { terminalText } from '../../../terminal/text.ts';
import type { Panel, Scene } from '../../screen/scene.ts';

/** Figures older than this are marked: they come every five seconds. */
const FRESH_MS = 12_000;

/**
 * A panel of what ClickHouse last said of its storage. What is old says how old; where nothing is known it says why.
 * `draw` is given the figures.
 */
export function storagePanel(
  id: string,
  title: string,
  draw: (figures: StorageFigures, scene: Scene, width: number, height: number) => Omit<PanelContent, 'title'>,
): Panel {
  return {
    id,
    draw: (scene, width, height) => {
      const figures = scene.snapshot.facts.storage?.figures ?? null;
      if (figures === null) return { title, lines: ['', ` ${whyUnknown(scene)}`] };
      const { note = '', ...content } = draw(figures, scene, width, height);
      const parts = [note, ageNote(figures, scene)].filter((part) => part !== '');
      return { ...content, title, note: parts.join('  ') };
    },
  };
}

/** How long ago ClickHouse was asked, milliseconds; by the daemon's clock. */
export function ageMs({ askedAt }: StorageFigures, { snapshot: { receivedAt } }: Scene): number {
  return Math.max(0, receivedAt - askedAt);
}

function ageNote(figures: StorageFigures, scene: Scene): string {
  const age = ageMs(figures, scene);
  return age <= FRESH_MS ? '' : scene.look.paint('warn', `${duration(age)} old`);
}

function whyUnknown({ snapshot: { facts } }: Scene): string {
  if (facts.storage === null) return 'this daemon does not tell';
  return facts.storage.failure === '' ? 'asking ClickHouse…' : terminalText(facts.storage.failure);
}
