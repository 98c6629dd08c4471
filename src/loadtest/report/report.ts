import type { Outcome } from '../measure/outcome.ts';
import type { LoadPlan } from '../plan/plan.ts';

/** `report.json`, the document of `trackflow loadtest --json`: what the text and the HTML page are drawn from. */
export const REPORT_SCHEMA = 'trackflow.loadtest/1';

export interface Report {
  readonly schema: typeof REPORT_SCHEMA;
  readonly plan: LoadPlan;
  readonly verdict: 'passed' | 'failed' | 'slo-missed' | 'target-missed' | 'invalid' | 'interrupted';
  /** Sentences, the gravest first; empty when passed. */
  readonly reasons: readonly string[];
  readonly conditions: Conditions;
  readonly load: LoadFigures;
  /** Milliseconds. From the intended start; null for the closed model, which has none. */
  readonly latency: Percentiles | null;
  readonly service: Percentiles;
  readonly failureLatency: Percentiles;
  readonly outcomes: Readonly<Record<Outcome, number>>;
  readonly rejectedBy: Readonly<Record<string, number>>;
  readonly generator: GeneratorFigures;
  /** Null when the control socket was not there. */
  readonly server: ServerFigures | null;
  /** From the acknowledgement of a probe event to the query that finds it, with the time of that query. */
  readonly visibility: Percentiles | null;
  /** Null with `--no-verify`. */
  readonly ledger: LedgerVerdict | null;
  readonly faults: readonly FaultFigures[];
  readonly slo: readonly SloResult[];
  readonly seconds: readonly SecondFigures[];
}

/** What was measured, before anything is concluded from it. All but the ledger is of the time after the warm-up. */
export type ReportFigures = Omit<Report, 'schema' | 'verdict' | 'reasons' | 'slo' | 'generator'> & {
  readonly generator: Omit<GeneratorFigures, 'valid'>;
};

export interface Conditions {
  readonly startedAt: string;
  readonly endedAt: string;
  readonly trackflow: string;
  readonly node: string;
  readonly engine: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly kernel: string;
  /** Whether generator and collector share a machine. */
  readonly sameHost: boolean;
  readonly strategy: string;
  /** Mean bytes of the body of a request. */
  readonly requestBytes: number;
}

export interface LoadFigures {
  /** Of the measured time, without the warm-up. Events per second. */
  readonly targetRate: number;
  readonly achievedRate: number;
  /** Events by which the sum of the rest is made. */
  readonly scheduled: number;
  readonly sent: number;
  readonly onTime: number;
  readonly late: number;
  readonly dropped: number;
  readonly measuredMs: number;
  readonly storedPerSecond: number | null;
}

/** A percentile is null when fewer than ten samples lie beyond it. */
export interface Percentiles {
  readonly count: number;
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p99: number | null;
  readonly p999: number | null;
  readonly p9999: number | null;
  readonly max: number | null;
}

export interface GeneratorFigures {
  readonly valid: boolean;
  readonly cpu: number;
  readonly loopP99Ms: number;
  readonly loopMaxMs: number;
  readonly gcMs: number;
}

/** From the control stream, of the measured time. */
export interface ServerFigures {
  readonly daemonCpu: number;
  readonly engineCpu: number;
  readonly queueRowsPeak: number;
  readonly spoolBytesPeak: number;
  readonly insertP99Ms: number | null;
  readonly rowsPerInsert: number | null;
  readonly partsPeak: number;
  readonly mergesPeak: number;
  readonly lagP50Ms: number | null;
  readonly lagP99Ms: number | null;
  readonly lagMaxMs: number | null;
  readonly daemonRssPeak: number;
  readonly engineRssPeak: number;
  /** Bytes per minute over the second half of the run. */
  readonly daemonRssSlope: number;
  readonly engineRssSlope: number;
  /** On disk, of what this run added; null when too little was added to say. */
  readonly bytesPerEvent: number | null;
}

export interface LedgerVerdict {
  readonly acknowledged: number;
  readonly rejected: number;
  readonly unknown: number;
  readonly resent: number;
  /** Acknowledged and absent. */
  readonly missing: number;
  /** Rows beyond the first of an event, counted without FINAL. */
  readonly duplicate: number;
  /** There, and rejected or never sent. */
  readonly phantom: number;
  /** There, with other content than was sent. */
  readonly corrupt: number;
  readonly unknownPresent: number;
  readonly rows: number;
  /** The first of each kind of violation. */
  readonly examples: readonly Violation[];
  readonly ms: number;
}

export interface Violation {
  readonly kind: 'missing' | 'duplicate' | 'phantom' | 'corrupt';
  readonly eventId: string;
  /** Index of the event; null for an id that no event of the run has. */
  readonly n: number | null;
}

export interface FaultFigures {
  readonly name: string;
  readonly atMs: number;
  /** What was done and how it went. */
  readonly told: string;
  /** From the fault to the next acknowledgement; null when there was none. */
  readonly recoveredMs: number | null;
}

export interface SloResult {
  readonly text: string;
  readonly measured: number | null;
  readonly met: boolean;
}

export interface SecondFigures {
  /** Seconds since the start. */
  readonly second: number;
  readonly scheduled: number;
  readonly sent: number;
  readonly acknowledged: number;
  readonly failed: number;
  readonly p50: number | null;
  readonly p99: number | null;
  readonly stored: number | null;
  readonly queueRows: number | null;
  readonly lagMs: number | null;
  readonly generatorCpu: number;
  readonly daemonCpu: number | null;
  readonly engineCpu: number | null;
}
