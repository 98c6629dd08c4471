import type { Status } from '../../control/protocol.ts';

/** What to run about what a status shows: commands without the program's name, the most telling first. */
export function remedies({ engine, events, spool, flush, health, state }: Status): string[] {
  const commands: string[] = [];
  if (engine.state !== 'ready' && state === 'running') commands.push('logs --step engine -n 20');
  if (flush.breaker !== 'closed') commands.push('logs --step flush --level warn -n 20');
  if (events.deadLettered > 0) commands.push('deadletter list');
  if (spool.quarantined > 0 || (health === 'degraded' && commands.length === 0)) commands.push('doctor');
  return commands;
}
