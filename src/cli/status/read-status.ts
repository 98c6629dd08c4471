import type { Status } from '../../control/protocol.ts';
import { ERRORS, type ErrorCode, TrackflowError } from '../../errors/error.ts';
import type { Instance } from '../instance.ts';
import { readDaemonFile } from '../lifecycle/daemon-file.ts';
import { processState } from '../lifecycle/daemon-process.ts';

/** The document of a daemon that did not answer: the same keys, and null for what nobody can say. */
export type SilentStatus = { readonly [Key in keyof Status]: Absent<Status[Key]> } & {
  readonly schema: 'trackflow.status/1';
  /** `dead`: it was killed and left its file. `unknown`: something is there that does not answer. */
  readonly state: 'stopped' | 'dead' | 'unknown';
  readonly home: string;
  readonly problems: readonly string[];
};

type Absent<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { readonly [Key in keyof T]: null }
    : T | null | (string & {});

export interface StatusReport {
  readonly document: Status | SilentStatus;
  /** Set when a daemon answered. */
  readonly running?: Status;
  /** `spool.bytesMax` of the running daemon, where it told. */
  readonly spoolBytesMax?: number | undefined;
  /** LSB: 0 running, 1 dead with its file left, 3 stopped, 4 unknown; 5 degraded where that was asked for. */
  readonly exit: number;
}

/** The state of the instance. Never throws for a daemon that is not there or does not answer. */
export async function readStatus(instance: Instance, options: { readonly strict: boolean }): Promise<StatusReport> {
  try {
    const [running, spoolBytesMax] = await Promise.all([instance.control.status(), readSpoolBytesMax(instance)]);
    const degraded = options.strict && running.health === 'degraded';
    return { document: running, running, spoolBytesMax, exit: degraded ? ERRORS.TF_DEGRADED.exit : 0 };
  } catch (cause) {
    if (!(cause instanceof TrackflowError)) throw cause;
    if (cause.code === 'TF_NOT_RUNNING') return silent(instance);
    if (UNKNOWN_CODES.includes(cause.code)) return unknown(instance, cause.message);
    throw cause;
  }
}

async function readSpoolBytesMax({ control }: Instance): Promise<number | undefined> {
  try {
    return (await control.config()).config.spool.bytesMax;
  } catch {
    return undefined;
  }
}

const UNKNOWN_CODES: readonly ErrorCode[] = ['TF_TIMEOUT', 'TF_STATE_UNKNOWN', 'TF_PERMISSION'];
const DEAD_EXIT = 1;

function silent(instance: Instance): StatusReport {
  const file = readDaemonFile(instance.paths.daemonJson);
  if (file === undefined) {
    return { document: silentStatus(instance, 'stopped', []), exit: ERRORS.TF_NOT_RUNNING.exit };
  }
  const state = processState(file.pid, instance.home);
  if (state === 'ours' || state === 'unknown') {
    return unknown(instance, `process ${file.pid} lives, but its control socket does not`);
  }
  const problem = `the daemon (pid ${file.pid}, started ${file.startedAt}) ended without stopping in order`;
  return { document: silentStatus(instance, 'dead', [problem]), exit: DEAD_EXIT };
}

function unknown(instance: Instance, problem: string): StatusReport {
  return { document: silentStatus(instance, 'unknown', [problem]), exit: ERRORS.TF_STATE_UNKNOWN.exit };
}

function silentStatus({ home }: Instance, state: SilentStatus['state'], problems: readonly string[]): SilentStatus {
  return {
    schema: 'trackflow.status/1',
    version: null,
    state,
    health: null,
    problems,
    pid: null,
    url: null,
    readsUrl: null,
    home,
    startedAt: null,
    engine: { kind: null, version: null, state: null, pid: null, url: null, container: null },
    events: { accepted: null, stored: null, duplicates: null, rejected: null, deadLettered: null },
    tables: {},
    spool: { bytes: null, segments: null, oldestAgeSeconds: null, rows: null, quarantined: null },
    flush: { breaker: null, lastError: null, strategy: null },
    lastMinute: null,
  };
}
