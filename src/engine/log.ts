/** What can happen to an engine that is worth a line. */
export type EngineEvent = 'engine_ended' | 'engine_port_taken' | 'engine_unusable';

/** Where an engine says what happened to it: the daemon's log, named there. */
export type EngineLog = (
  level: 'info' | 'warn' | 'error',
  event: EngineEvent,
  fields?: Readonly<Record<string, unknown>>,
) => void;
