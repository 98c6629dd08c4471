/**
 * The folder of a run: everything that is needed to verify it again, to draw it again and to compare it.
 *
 *   plan.json          what was to be sent, written before anything is
 *   ledger-<w>.bits    what worker w knows of each event
 *   report.json .txt .html
 *   seconds.ndjson     the seconds of the report, a line each
 *   latency.hdr        the histogram of the latencies: HDR V2, compressed, base64
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TrackflowError } from '../../errors/error.ts';
import { fileError } from '../../errors/file-error.ts';
import { type LoadPlan, PLAN_SCHEMA } from '../plan/plan.ts';
import { REPORT_SCHEMA, type Report } from '../report/report.ts';

const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;

/** What is drawn from a report and kept beside it. */
export interface ReportFiles {
  readonly text: string;
  readonly html: string;
  readonly latency: string;
}

export class RunFolder {
  readonly path: string;

  /** Touches nothing. */
  constructor(path: string) {
    this.path = path;
  }

  /** Makes the folder for a new run and writes its plan. Throws TF_INPUT when there is something in it already. */
  create(plan: LoadPlan): void {
    try {
      mkdirSync(this.path, { recursive: true, mode: FOLDER_MODE });
      if (readdirSync(this.path).length > 0) {
        throw new TrackflowError('TF_INPUT', `${this.path} is not empty; a run needs a folder of its own`, {
          hints: ['choose another place: --out DIR'],
        });
      }
    } catch (error) {
      throw error instanceof TrackflowError ? error : fileError(error, 'create the folder of the run', this.path);
    }
    this.#write('plan.json', `${JSON.stringify(plan, null, 2)}\n`);
  }

  ledgerFile(worker: number): string {
    return join(this.path, `ledger-${worker}.bits`);
  }

  ledgerFiles(plan: LoadPlan): string[] {
    return Array.from({ length: plan.workers }, (_, worker) => this.ledgerFile(worker));
  }

  /** Throws TF_INPUT when there is no plan of ours. */
  readPlan(): LoadPlan {
    return this.#read<LoadPlan>('plan.json', PLAN_SCHEMA, 'a run of trackflow loadtest');
  }

  /** Throws TF_INPUT when the run has no report. */
  readReport(): Report {
    return this.#read<Report>('report.json', REPORT_SCHEMA, 'the report of a run');
  }

  writeReport(report: Report, files: ReportFiles): void {
    this.#write('report.json', `${JSON.stringify(report, null, 2)}\n`);
    this.#write('report.txt', `${files.text}\n`);
    this.#write('report.html', files.html);
    this.#write('latency.hdr', `${files.latency}\n`);
    this.#write('seconds.ndjson', report.seconds.map((second) => `${JSON.stringify(second)}\n`).join(''));
  }

  #write(name: string, text: string): void {
    const file = join(this.path, name);
    try {
      writeFileSync(file, text, { mode: FILE_MODE });
    } catch (error) {
      throw fileError(error, 'write', file);
    }
  }

  #read<T extends { readonly schema: string }>(name: string, schema: T['schema'], what: string): T {
    const file = join(this.path, name);
    let document: Partial<T> | null;
    try {
      document = JSON.parse(readFileSync(file, 'utf8'));
    } catch (cause) {
      throw new TrackflowError('TF_INPUT', `${this.path} holds no ${name}: it is not ${what}`, { cause });
    }
    if (document?.schema === schema) return document as T;
    throw new TrackflowError(
      'TF_INPUT',
      `${file} has the schema ${JSON.stringify(document?.schema)}; this version reads ${schema}`,
    );
  }
}
