/** Who has to act on an error: the person who typed, the machine around us, or us (a defect). */
export type Who = 'you' | 'environment' | 'us';

/**
 * The one class of expected failures. `code` is stable (`TF_…`) and listed in `catalogue.ts` with its exit code;
 * `message` says what was given and what is allowed; `hint` is a command or a step to take next.
 */
export class TrackflowError extends Error {
  readonly code: ErrorCode;
  readonly hints: readonly string[];

  constructor(code: ErrorCode, message: string, options: { hints?: readonly string[]; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'TrackflowError';
    this.code = code;
    this.hints = options.hints ?? [];
  }

  get exit(): number {
    return ERRORS[this.code].exit;
  }

  get who(): Who {
    return ERRORS[this.code].who;
  }
}

/** Every error code with its exit code (table in README, `trackflow help exit-codes`) and who must act. */
export const ERRORS = {
  TF_FAILED: { exit: 1, who: 'us' },
  TF_USAGE: { exit: 2, who: 'you' },
  TF_NOT_RUNNING: { exit: 3, who: 'you' },
  TF_STATE_UNKNOWN: { exit: 4, who: 'environment' },
  TF_DEGRADED: { exit: 5, who: 'environment' },
  TF_CONFIG: { exit: 64, who: 'you' },
  TF_INPUT: { exit: 65, who: 'you' },
  TF_QUERY: { exit: 65, who: 'you' },
  TF_ENGINE_UNAVAILABLE: { exit: 69, who: 'environment' },
  TF_DOCKER_UNAVAILABLE: { exit: 69, who: 'environment' },
  TF_IMAGE_MISSING: { exit: 69, who: 'environment' },
  TF_PORT_IN_USE: { exit: 69, who: 'environment' },
  TF_SCHEMA_NEWER: { exit: 69, who: 'you' },
  TF_HOME_IN_USE: { exit: 69, who: 'you' },
  TF_CANNOT_CREATE: { exit: 73, who: 'environment' },
  TF_IO: { exit: 74, who: 'environment' },
  TF_TIMEOUT: { exit: 75, who: 'environment' },
  TF_BUSY: { exit: 75, who: 'environment' },
  TF_PERMISSION: { exit: 77, who: 'environment' },
  TF_VERIFICATION: { exit: 78, who: 'us' },
  TF_SLO: { exit: 79, who: 'environment' },
  TF_INTERRUPTED: { exit: 130, who: 'you' },
  TF_TERMINATED: { exit: 143, who: 'environment' },
} as const satisfies Record<string, { exit: number; who: Who }>;

export type ErrorCode = keyof typeof ERRORS;
