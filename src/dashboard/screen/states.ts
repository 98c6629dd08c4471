import { terminalText } from '../../terminal/text.ts';
import type { Scene } from './scene.ts';

/** What stands in place of the panels while there is nothing to show; null when there is. */
export function emptyState({ snapshot: { connection, facts }, look, startCommand }: Scene): string[] | null {
  if (facts.state !== null) return null;
  switch (connection.kind) {
    case 'not-running':
      return [
        '',
        '  TrackFlow is not running.',
        '',
        `  ${look.paint('bold', startCommand)}`,
        '',
        '  This screen fills as soon as it does.',
      ];
    case 'reconnecting':
      return ['', '  The daemon does not answer:', `  ${terminalText(connection.why)}`, '', '  Trying again.'];
    default:
      return ['', '  Connecting to the daemon…'];
  }
}
