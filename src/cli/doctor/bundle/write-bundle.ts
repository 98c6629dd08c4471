import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { arch, platform, release } from 'node:os';
import { join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type ArchiveFile, tarOf } from '../../../archive/tar.ts';
import { fileError } from '../../../errors/file-error.ts';
import { configReport } from '../../config/report.ts';
import { recentLines } from '../../logs/follow.ts';
import { daemonLog, engineLog, type LogSource } from '../../logs/sources.ts';
import type { Patient } from '../check.ts';
import { redactor } from './redact.ts';

const FILE_MODE = 0o600;
const LOG_LINES_MAX = 2_000;
/** What the engine complains about; its other lines would tell nobody anything. */
const COMPLAINT = /<(?:Warning|Error|Critical|Fatal)>/;

/** What an exception says may repeat a statement, and the statement values of events. Its name stays. */
const EXCEPTION = /(DB::Exception:) .*$/s;
const EXCEPTION_NAME = /\([A-Z][A-Z0-9_]+\)/;

/**
 * Writes what somebody who helps needs to see: findings, configuration, status, figures, versions, the last log lines and
 * the names and sizes of the files. No secrets: every text goes through the redactor; `state.db`, `run/` and the configuration
 * file itself stay out. No events, but for a value that ClickHouse refused and the daemon's log repeats. Never replaces a
 * file. Throws TF_CANNOT_CREATE.
 */
export async function writeBundle(file: string, patient: Patient, findings: object): Promise<void> {
  const redact = redactor(patient);
  const files = (await collect(patient, findings)).map(({ name, content }) => ({
    name,
    content: redact(`${content}`),
  }));
  try {
    writeFileSync(file, gzipSync(tarOf(files, patient.now())), { mode: FILE_MODE, flag: 'wx' });
  } catch (cause) {
    throw fileError(cause, 'create', file, ['name a file that is not there yet']);
  }
}

async function collect(patient: Patient, findings: object): Promise<ArchiveFile[]> {
  const { instance, status, config } = patient;
  const { paths } = instance;
  const { running } = status;
  return [
    { name: 'doctor.json', content: json(findings) },
    { name: 'status.json', content: json(status.document) },
    { name: 'config.json', content: config instanceof Error ? config.message : json(configReport(instance)) },
    { name: 'versions.json', content: json(versions(running?.version, running?.engine.version)) },
    { name: 'metrics.txt', content: running === undefined ? '' : await instance.control.metrics().catch(String) },
    { name: 'files.txt', content: listing(paths.home) },
    { name: 'logs/daemon.log', content: linesOf(daemonLog(paths.logs), () => true) },
    { name: 'logs/daemon.out.log', content: linesOf(fileSource(paths.daemonOutput), () => true) },
    { name: 'logs/clickhouse.log', content: linesOf(engineLog(paths.logs), (line) => COMPLAINT.test(line)) },
  ];
}

function versions(daemon: string | undefined, engine: string | undefined): object {
  return { daemon, engine, node: process.versions.node, platform: platform(), release: release(), arch: arch() };
}

function linesOf(source: LogSource, keeps: (line: string) => boolean): string {
  const { lines, reader } = recentLines(source, LOG_LINES_MAX, keeps);
  reader?.close();
  return lines.map((line) => `${withoutStatement(line)}\n`).join('');
}

function withoutStatement(line: string): string {
  return line.replace(EXCEPTION, (said, start) => `${start} ${EXCEPTION_NAME.exec(said)?.[0] ?? '…'}`);
}

function fileSource(path: string): LogSource {
  return { files: () => (existsSync(path) ? [path] : []), after: () => undefined };
}

/** Mode, bytes and name of everything in the home but the engine's own files, of which there are thousands. */
function listing(home: string): string {
  if (!existsSync(home)) return '';
  const folders = ['', 'run', 'logs', 'spool', 'spool/events', 'spool/events/quarantine', 'spool/events/deadletter'];
  const lines = folders.flatMap((folder) => {
    const path = join(home, folder);
    return existsSync(path) ? readdirSync(path).map((name) => describe(home, join(path, name))) : [];
  });
  return lines.map((line) => `${line}\n`).join('');
}

function describe(home: string, path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  const mode = ((found?.mode ?? 0) & 0o7777).toString(8).padStart(4, '0');
  return `${mode} ${String(found?.size ?? 0).padStart(12)} ${relative(home, path)}`;
}

function json(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
