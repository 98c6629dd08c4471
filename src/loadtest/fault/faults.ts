import { parseDurationMs } from '../../config/quantity.ts';
import { TrackflowError } from '../../errors/error.ts';

export const FAULT_KINDS = ['kill-daemon', 'kill-engine', 'pause-engine'] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** Something that is done to the server while the run goes on. */
export interface Fault {
  readonly kind: FaultKind;
  /** As it was typed. */
  readonly name: string;
  /** Milliseconds since the start of the run, warm-up included. */
  readonly atMs: number;
  /** How long a pause lasts; 0 for a kill. */
  readonly lengthMs: number;
}

const FAULTS_MAX = 100;
const ALLOWED = 'kill-daemon@TIME, kill-engine@TIME, pause-engine:TIME@TIME; times are 500ms, 10s or 2m, at most 24h';
const PATTERN = /^([a-z-]+)(?::([^@]+))?@(.+)$/;
const AT_MS_MAX = 86_400_000;

/**
 * The faults of `kill-daemon@10s,kill-engine@20s,pause-engine:10s@30s`, in the order of their times. Throws TF_USAGE
 * with the part that is wrong.
 */
export function parseFaults(text: string): readonly Fault[] {
  const parts = text.split(',').map((part) => part.trim());
  if (parts.length > FAULTS_MAX) throw wrong(`${parts.length} faults`, `at most ${FAULTS_MAX}`);
  return parts.map(parseFault).sort((a, b) => a.atMs - b.atMs);
}

function parseFault(name: string): Fault {
  const [, kind = '', length, at = ''] = PATTERN.exec(name) ?? [];
  const atMs = timeOf(at);
  const lengthMs = length === undefined ? 0 : timeOf(length);
  const isPause = kind === 'pause-engine';
  if (!isKind(kind) || atMs === null || lengthMs === null || isPause !== lengthMs > 0) throw wrong(name, ALLOWED);
  return { kind, name, atMs, lengthMs };
}

function isKind(kind: string): kind is FaultKind {
  return (FAULT_KINDS as readonly string[]).includes(kind);
}

function timeOf(text: string): number | null {
  const ms = /[a-z]$/i.test(text) ? parseDurationMs(text) : undefined;
  return ms === undefined || ms > AT_MS_MAX ? null : ms;
}

function wrong(given: string, allowed: string): TrackflowError {
  return new TrackflowError('TF_USAGE', `--fault: ${JSON.stringify(given)} is not a fault; allowed: ${allowed}`);
}
