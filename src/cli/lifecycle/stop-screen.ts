import type { Style } from '../terminal/style.ts';
import type { StopReport } from './stop.ts';

export function stopScreen({ changed, forced, home, pid }: StopReport, style: Style): string {
  const mark = style.dim('○');
  if (!changed) return `${mark} TrackFlow does not run in ${home}`;
  if (forced) return `${mark} TrackFlow (pid ${pid}) was killed; the spool is flushed after the next start`;
  return `${mark} TrackFlow (pid ${pid}) stopped; the data stays in ${home}`;
}
