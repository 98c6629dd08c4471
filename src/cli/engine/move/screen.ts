import { terminalText } from '../../../terminal/text.ts';
import type { Style } from '../../terminal/style.ts';
import { pairs } from '../../terminal/table.ts';
import { countText, plural, secondsText } from '../../terminal/units.ts';
import type { EngineMoveReport } from './move.ts';
import type { EngineMovePlan } from './plan.ts';

export function moveScreen(report: EngineMoveReport | EngineMovePlan, style: Style): string {
  if (report.schema === 'trackflow.engine-move-plan/1') return planScreen(report, style);
  const mark = style.good('●');
  const { changed, to, rows, partitions, seconds, old } = report;
  if (!changed || old === null) return `${mark} the data is there already: ${terminalText(to.where)}`;
  return [
    `${mark} the data is in ${to.kind} now: ${terminalText(to.where)}`,
    pairs([
      ['Proven', `${plural(rows, 'row')} in ${plural(partitions, 'partition')}, counted and hashed on both sides`],
      ['Took', secondsText(Math.max(1, seconds))],
      ['Old data', `kept in ${terminalText(old.where)}`],
      ['Remove it', terminalText(old.remove)],
    ]),
  ].join('\n');
}

function planScreen({ from, to, rows, partitions, spooled, notes }: EngineMovePlan, style: Style): string {
  return [
    `${style.dim('○')} nothing was done; this would be`,
    pairs([
      ['From', `${from.kind}: ${terminalText(from.where)}, kept`],
      ['To', `${to.kind}: ${terminalText(to.where)}`],
      ['Carried', `${plural(rows, 'row')} in ${plural(partitions, 'partition')}`],
      ['Spooled', `${countText(spooled)} events wait, and go to the new engine if they still do then`],
      ...notes.map((note): [string, string] => ['Target', terminalText(note)]),
    ]),
  ].join('\n');
}
