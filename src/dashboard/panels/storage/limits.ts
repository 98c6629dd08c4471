import type { StorageFigures, TableFigures } from '../../../control/storage.ts';
import { gauge } from '../../../terminal/charts/gauge.ts';
import { fitting, toWidth } from '../../../terminal/lines.ts';
import { duration, fullNumber, milliseconds, percent } from '../../../terminal/numbers.ts';
import { terminalText } from '../../../terminal/text.ts';
import type { Scene } from '../../screen/scene.ts';
import { containerParts } from '../engine.ts';
import { diskText } from '../system.ts';
import { whenText } from '../tasks.ts';
import { ageMs, storagePanel } from './known-storage.ts';

const NAME_COLUMNS = 10;
const GAUGE_COLUMNS = 10;

/** What must not run full or stand still: parts against their limit, merges, mutations, retention, disk. */
export const limits = storagePanel('limits', 'Storage', (figures, scene, width) => {
  const { look } = scene;
  const row = (name: string, ...parts: readonly string[]) =>
    look.paint('dim', toWidth(name, NAME_COLUMNS)) + fitting(parts, width - NAME_COLUMNS);
  const lines = [
    ...partsRows(figures, scene).map(([name, ...parts]) => row(name!, ...parts)),
    row('merges', ...mergesParts(figures, scene)),
    row('mutations', ...mutationsParts(figures, scene)),
    row('retention', ...retentionParts(scene)),
    row('disk', diskText(scene, width - NAME_COLUMNS)),
    ...containerParts(scene).map((parts) => row('container', ...parts)),
    row('asked', ...askedParts(figures, scene)),
  ];
  return { lines };
});

/** The partition that is nearest to the limit at which ClickHouse refuses inserts. */
function partsRows({ tables }: StorageFigures, { look }: Scene): string[][] {
  const share = ({ fullestParts, partsToThrow }: TableFigures) => (partsToThrow > 0 ? fullestParts / partsToThrow : 0);
  const [fullest] = [...tables].sort((a, b) => share(b) - share(a));
  if (fullest === undefined) return [['parts', 'no tables yet']];
  const { name, fullestPartition, fullestParts, partsToDelay, partsToThrow } = fullest;
  const tone = fullestParts >= partsToThrow ? 'bad' : fullestParts >= partsToDelay ? 'warn' : 'accent';
  const bar = look.paint(tone, gauge(share(fullest), GAUGE_COLUMNS, look));
  return [
    ['parts', `${fullNumber(fullestParts)} of ${fullNumber(partsToThrow)}`, bar, percent(share(fullest))],
    ['fullest', terminalText(`${name} ${fullestPartition}`), `slowed from ${fullNumber(partsToDelay)}`],
  ];
}

function mergesParts({ merges, mergesRunning }: StorageFigures, { look }: Scene): string[] {
  const [longest] = merges;
  if (longest === undefined) return ['none running'];
  const bar = look.paint('accent', gauge(longest.progress, GAUGE_COLUMNS, look));
  return [`${fullNumber(mergesRunning)} running`, bar, percent(longest.progress)];
}

function mutationsParts({ mutations, mutationsPending }: StorageFigures, { look }: Scene): string[] {
  if (mutationsPending === 0) return ['none waiting'];
  const failed = mutations.filter(({ failure }) => failure !== '').length;
  return [
    `${fullNumber(mutationsPending)} waiting`,
    failed > 0 ? look.paint('bad', `${fullNumber(failed)} failing`) : '',
  ];
}

function retentionParts({ snapshot: { facts, receivedAt } }: Scene): string[] {
  const { retention } = facts.state ?? {};
  if (retention === undefined) return [fullNumber(null)];
  if (retention.days === 0) return ['kept for ever'];
  const next = retention.nextAt === null ? '' : `next run ${whenText(retention.nextAt, receivedAt)}`;
  return [`${fullNumber(retention.days)} days`, next];
}

/** When ClickHouse was asked and what that cost it, or why it was not. */
function askedParts(figures: StorageFigures, scene: Scene): string[] {
  const { failure = '' } = scene.snapshot.facts.storage ?? {};
  const parts = [`${duration(ageMs(figures, scene))} ago`, `took ${milliseconds(figures.tookMs)}`];
  return failure === '' ? [...parts, 'every 5s'] : [parts[0]!, scene.look.paint('bad', terminalText(failure))];
}
