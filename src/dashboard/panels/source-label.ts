import type { SourceFigures } from '../../control/stream.ts';
import { terminalText } from '../../terminal/text.ts';

/** What was rejected before it had a name. */
const NAMELESS = '(no name)';

/** `account/name`, or the name alone for the default account; harmless on a terminal. */
export function labelOf({ account, name }: SourceFigures): string {
  const shown = name === '' ? NAMELESS : name;
  return terminalText(account === '' ? shown : `${account}/${shown}`).replaceAll('\ufe0f', '');
}

export function rejectedShare({ events, rejected }: SourceFigures): number {
  return rejected === 0 ? 0 : rejected / (events + rejected);
}
