/** Variables as the process got them. Handed in everywhere, so that tests need not touch the real ones. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The only reader of `process.env` in `src`. */
export function processEnvironment(): Environment {
  return process.env;
}

/**
 * Sets a variable for libraries that read it while they are imported. To be called before that import, by the process
 * that is theirs alone.
 */
export function setForLibraries(name: 'NODE_ENV' | 'FORCE_COLOR', value: string): void {
  process.env[name] = value;
}
