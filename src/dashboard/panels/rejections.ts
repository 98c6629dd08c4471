import { type Column, table } from '../../terminal/charts/table.ts';
import { fullNumber } from '../../terminal/numbers.ts';
import { terminalText } from '../../terminal/text.ts';
import { figure, type Panel, type Scene } from '../screen/scene.ts';

interface Reason {
  readonly what: 'rejected' | 'refused';
  readonly reason: string;
  readonly count: number;
}

/** Why events were not taken, since the daemon started: rejected by what they are, refused for want of room. */
export const rejections: Panel = {
  id: 'rejections',
  draw: (scene, width, height) => {
    const rows = reasonsOf(scene);
    const now = `${fullNumber(figure(scene, 'rejected'))}/s rejected  ${fullNumber(figure(scene, 'refused'))}/s refused`;
    const lines =
      rows.length === 0 ? ['', ' nothing was turned away'] : table(COLUMNS, rows, { width, height, look: scene.look });
    return { title: 'Turned away', note: now, lines };
  },
};

const COLUMNS: readonly Column<Reason>[] = [
  { title: 'REASON', priority: 0, shrinkTo: 12, cell: ({ reason }) => terminalText(reason) },
  { title: 'WHAT', priority: 2, cell: ({ what }) => what },
  { title: 'SINCE START', priority: 1, right: true, cell: ({ count }) => fullNumber(count) },
];

function reasonsOf({ snapshot: { facts } }: Scene): Reason[] {
  const { rejectedByReason = {}, refusedByReason = {} } = facts.state ?? {};
  const list = (what: Reason['what'], counts: Readonly<Record<string, number>>) =>
    Object.entries(counts).map(([reason, count]) => ({ what, reason, count }));
  return [...list('rejected', rejectedByReason), ...list('refused', refusedByReason)]
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count);
}
