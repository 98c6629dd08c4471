import { resolveConfig } from '../../config/resolve.ts';
import { ERRORS, TrackflowError } from '../../errors/error.ts';
import { terminalText } from '../../terminal/text.ts';
import { configOfNow } from '../config/of-now.ts';
import type { Instance } from '../instance.ts';
import { readStatus } from '../status/read-status.ts';
import type { Style } from '../terminal/style.ts';
import { pairs } from '../terminal/table.ts';
import { plural } from '../terminal/units.ts';
import { writeBundle } from './bundle/write-bundle.ts';
import { type Check, type Finding, fail, type Patient, type Verdict } from './check.ts';
import { DAEMON_CHECKS } from './checks/daemon-checks.ts';
import { HOME_CHECKS } from './checks/home-checks.ts';
import { MACHINE_CHECKS } from './checks/machine-checks.ts';
import { EXPOSURE_CHECKS } from './security/exposure-checks.ts';
import { LIVE_CHECKS } from './security/live-checks.ts';
import { MACHINE_SECURITY_CHECKS } from './security/machine-checks.ts';

export interface DoctorReport {
  readonly schema: 'trackflow.doctor/1';
  /** Whether nothing failed; warnings are not failures. */
  readonly ok: boolean;
  readonly home: string;
  readonly checks: readonly (Finding & { readonly id: string })[];
  /** What was put right, a sentence each. */
  readonly fixed: readonly string[];
  /** The archive that was written; null when none was asked for. */
  readonly bundle: string | null;
}

export interface DoctorOptions {
  /** Put right what can harm nobody, then look again. */
  readonly fix: boolean;
  /** Look at what can harm, in place of what can fail. */
  readonly security: boolean;
  /** Write an archive for somebody who helps. */
  readonly bundle: string | undefined;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

const CHECKS: readonly Check[] = [...MACHINE_CHECKS, ...HOME_CHECKS, ...DAEMON_CHECKS];
const SECURITY_CHECKS: readonly Check[] = [...EXPOSURE_CHECKS, ...MACHINE_SECURITY_CHECKS, ...LIVE_CHECKS];

/** Looks at everything, whatever is found on the way. Changes nothing but what `fix` and `bundle` ask for. */
export async function examine(
  instance: Instance,
  { fix, security, bundle, now }: DoctorOptions,
): Promise<DoctorReport> {
  let patient = await meet(instance, now);
  const chosen = security ? SECURITY_CHECKS : CHECKS;
  let checks = await lookAt(patient, chosen);
  const fixed = fix ? await mend(patient, chosen, checks) : [];
  if (fixed.length > 0) {
    patient = await meet(instance, now);
    checks = await lookAt(patient, chosen);
  }
  const ok = checks.every(({ verdict }) => verdict !== 'fail');
  const findings = { schema: 'trackflow.doctor/1', ok, home: instance.home, checks, fixed } as const;
  if (bundle !== undefined) await writeBundle(bundle, patient, findings);
  return { ...findings, bundle: bundle ?? null };
}

async function meet(instance: Instance, now: () => number): Promise<Patient> {
  const config = await known(() => resolveConfig({ home: instance.home, env: instance.env }));
  const settings = await known(async () => (await configOfNow(instance)).config);
  return { instance, status: await readStatus(instance, { strict: false }), config, settings, now };
}

async function lookAt(patient: Patient, chosen: readonly Check[]): Promise<DoctorReport['checks']> {
  const checks = [];
  for (const { id, look } of chosen) {
    patient.instance.signal.throwIfAborted();
    checks.push({ id, ...(await attempt(look, patient)) });
  }
  return checks;
}

async function mend(patient: Patient, chosen: readonly Check[], checks: DoctorReport['checks']): Promise<string[]> {
  const done: string[] = [];
  for (const { id, mend: put } of chosen) {
    const verdict = checks.find((check) => check.id === id)?.verdict;
    if (put === undefined || (verdict !== 'warn' && verdict !== 'fail')) continue;
    try {
      done.push(...(await put(patient)));
    } catch (cause) {
      patient.instance.say(`${id} could not be put right: ${terminalText((cause as Error).message)}`);
    }
  }
  return done;
}

/** 0 when nothing failed. */
export function doctorExit({ ok }: DoctorReport): number {
  return ok ? 0 : ERRORS.TF_FAILED.exit;
}

const MARKS: Readonly<Record<Verdict, string>> = { pass: 'ok  ', warn: 'warn', fail: 'FAIL', skip: 'skip' };

export function doctorScreen(report: DoctorReport, instance: Instance, style: Style): string {
  const { checks, home, fixed, bundle } = report;
  const paint: Readonly<Record<Verdict, (text: string) => string>> = {
    pass: style.good,
    warn: style.warn,
    fail: style.bad,
    skip: style.dim,
  };
  const rows = checks.map(({ id, verdict, seen, next }): [string, string] => [
    `${paint[verdict](MARKS[verdict])}  ${id}`,
    `${terminalText(seen)}${next === undefined ? '' : `\n        ${style.dim('next')}: ${terminalText(instance.advice(next))}`}`,
  ]);
  const verdict = verdictText(checks, style);
  const done = fixed.map((sentence) => `  ${style.good('fixed')}: ${terminalText(sentence)}`);
  const written = bundle === null ? [] : ['', `written, without secrets: ${bundle}`];
  return [`${style.bold('trackflow doctor')} in ${home}: ${verdict}`, ...done, '', pairs(rows), ...written].join('\n');
}

function verdictText(checks: DoctorReport['checks'], style: Style): string {
  const count = (wanted: Verdict) => checks.filter(({ verdict }) => verdict === wanted).length;
  const warnings = count('warn') === 0 ? '' : plural(count('warn'), 'warning');
  if (count('fail') > 0) return style.bad([`${count('fail')} failed`, warnings].filter(Boolean).join(', '));
  return warnings === '' ? style.good('nothing is wrong') : style.warn(`nothing failed, ${warnings}`);
}

async function attempt(look: Check['look'], patient: Patient): Promise<Finding> {
  try {
    return await look(patient);
  } catch (cause) {
    if (patient.instance.signal.aborted) throw cause;
    const hint = cause instanceof TrackflowError ? cause.hints[0] : undefined;
    return fail((cause as Error).message, hint ?? 'trackflow status');
  }
}

/** What it gives, or the error that tells what is wrong with the settings. */
async function known<Value>(read: () => Value | Promise<Value>): Promise<Value | TrackflowError> {
  try {
    return await read();
  } catch (cause) {
    if (cause instanceof TrackflowError) return cause;
    throw cause;
  }
}
