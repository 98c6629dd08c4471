/** What can happen to an engine that is worth a line. */
export type EngineEvent =
  | 'engine_ended'
  | 'engine_port_taken'
  | 'engine_unusable'
  | 'engine_container_started'
  | 'engine_container_died'
  | 'engine_container_oom'
  | 'engine_container_restarted'
  | 'engine_container_unhealthy'
  | 'engine_container_healthy'
  | 'engine_container_not_stopped';

/** Where an engine says what happened to it: the daemon's log, named there. */
export type EngineLog = (
  level: 'info' | 'warn' | 'error',
  event: EngineEvent,
  fields?: Readonly<Record<string, unknown>>,
) => void;
