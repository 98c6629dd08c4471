import { type ErrorCode, TrackflowError } from '../../errors/error.ts';
import { duration, fullNumber, milliseconds, percent } from '../../terminal/numbers.ts';
import { generatorProblems } from './generator.ts';
import { type LedgerVerdict, REPORT_SCHEMA, type Report, type ReportFigures } from './report.ts';
import { evaluateSlos, type Slo } from './slo.ts';

export interface ConcludeOptions {
  readonly slos: readonly Slo[];
  /** The run was ended before its plan was. */
  readonly interrupted: boolean;
}

/** Of the target, at least so much has to be reached. */
export const TARGET_SHARE_MIN = 0.99;

type Verdict = Report['verdict'];
/** The gravest first: what was lost outranks how fast it went, and that outranks how well it was measured. */
const RANKS = ['failed', 'interrupted', 'slo-missed', 'invalid', 'target-missed'] as const satisfies readonly Verdict[];

const CODES: Readonly<Record<Exclude<Verdict, 'passed'>, ErrorCode>> = {
  failed: 'TF_VERIFICATION',
  interrupted: 'TF_INTERRUPTED',
  'slo-missed': 'TF_SLO',
  invalid: 'TF_BUSY',
  'target-missed': 'TF_BUSY',
};

/** The report of a run with its verdict, and in `reasons` all that speaks against it, the gravest first. */
export function conclude(figures: ReportFigures, { slos, interrupted }: ConcludeOptions): Report {
  const slo = evaluateSlos(slos, figures);
  const problems = generatorProblems(figures);
  const against: Readonly<Record<(typeof RANKS)[number], readonly string[]>> = {
    failed: figures.ledger === null ? [] : ledgerReasons(figures.ledger),
    interrupted: interrupted ? ['the run was ended before its plan was'] : [],
    'slo-missed': slo.filter(({ met }) => !met).map(({ text, measured }) => sloReason(text, measured)),
    invalid: problems,
    'target-missed': interrupted ? [] : targetReasons(figures),
  };
  return {
    ...figures,
    schema: REPORT_SCHEMA,
    verdict: RANKS.find((rank) => against[rank].length > 0) ?? 'passed',
    reasons: RANKS.flatMap((rank) => against[rank]),
    generator: { ...figures.generator, valid: problems.length === 0 },
    slo,
  };
}

/** The error with which `trackflow loadtest` ends after the report is out; null when the run passed. */
export function failureOf({ verdict, reasons }: Pick<Report, 'verdict' | 'reasons'>): TrackflowError | null {
  if (verdict === 'passed') return null;
  return new TrackflowError(CODES[verdict], reasons[0] ?? verdict, { hints: reasons.slice(1) });
}

function ledgerReasons(ledger: LedgerVerdict): string[] {
  const told: readonly (readonly [number, string])[] = [
    [ledger.missing, 'acknowledged and not there'],
    [ledger.duplicate, 'there more than once'],
    [ledger.phantom, 'there and rejected or never sent'],
    [ledger.corrupt, 'there with another content than was sent'],
  ];
  return told.filter(([count]) => count > 0).map(([count, what]) => `${events(count)} ${what}`);
}

function events(count: number): string {
  return count === 1 ? '1 event is' : `${fullNumber(count)} events are`;
}

function sloReason(text: string, measured: number | null): string {
  return measured === null ? `${text} was not measured` : `${text} was missed: ${sloFigure(text, measured)}`;
}

/** A measured figure of a bound, in the unit that its text names. */
export function sloFigure(text: string, measured: number | null): string {
  if (text.endsWith('%')) return percent(measured);
  return text.endsWith('/s') ? `${fullNumber(measured)}/s` : milliseconds(measured);
}

function targetReasons({ plan, load }: ReportFigures): string[] {
  if (plan.model === 'closed' || load.achievedRate >= load.targetRate * TARGET_SHARE_MIN) return [];
  const reached = `${fullNumber(load.achievedRate)} of ${fullNumber(load.targetRate)} events/s`;
  const dropped = load.dropped > 0 ? `, ${fullNumber(load.dropped)} never sent` : '';
  return [`the target rate was not reached: ${reached} over ${duration(load.measuredMs)}${dropped}`];
}
