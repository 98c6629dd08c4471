import type { EngineContainer, Status } from '../../control/protocol.ts';
import { terminalText } from '../../terminal/text.ts';
import type { Instance } from '../instance.ts';
import type { Style } from '../terminal/style.ts';
import { pairs } from '../terminal/table.ts';
import { bytesText, countText, plural, secondsText, timeText } from '../terminal/units.ts';
import type { StatusReport } from './read-status.ts';
import { remedies } from './remedies.ts';

const BAR_CELLS = 20;

/** The state of an instance on one screen: the verdict first, what to do about it, then the figures along the road. */
export function statusScreen(report: StatusReport, instance: Instance, nowMs: number, style: Style): string {
  const { running, spoolBytesMax } = report;
  if (running !== undefined) return runningScreen(running, { spoolBytesMax, instance, nowMs, style });
  const { state, problems } = report.document;
  const lines = [`${style.dim('○')} TrackFlow is ${style.bold(String(state))} in ${instance.home}`];
  for (const problem of problems) lines.push(`  ${terminalText(problem)}`);
  lines.push(`  next: ${instance.commandLine(state === 'unknown' ? 'doctor' : 'start')}`);
  return lines.join('\n');
}

interface Surroundings {
  readonly spoolBytesMax: number | undefined;
  readonly instance: Instance;
  readonly nowMs: number;
  readonly style: Style;
}

function runningScreen(status: Status, { spoolBytesMax, instance, nowMs, style }: Surroundings): string {
  const degraded = status.health === 'degraded';
  const light = degraded ? style.warn('●') : style.good('●');
  const verdict = degraded ? style.warn('degraded') : status.state;
  const startedMs = Date.parse(status.startedAt);
  const upSeconds = Math.max(0, (nowMs - startedMs) / 1000);
  const since = timeText(startedMs);
  return [
    `${light} ${style.bold(`TrackFlow ${status.version}`)} ${verdict} since ${since} (${secondsText(upSeconds)}, pid ${status.pid})`,
    ...status.problems.map((problem) => `  ${style.warn('!')} ${terminalText(problem)}`),
    ...remedies(status).map((command) => `  ${style.dim('run')} ${instance.commandLine(command)}`),
    '',
    pairs([
      ['Collector', status.url],
      ...(status.readsUrl === status.url ? [] : [['Reads', status.readsUrl] as [string, string]]),
      ['Home', status.home],
      ['Last minute', lastMinuteText(status)],
      ['Events', eventsText(status)],
      ['Spool', spoolText(status, spoolBytesMax, style)],
      ['Flush', flushText(status)],
      ...(status.store === undefined
        ? []
        : [['Store', `PostgreSQL at ${terminalText(status.store.url)}`] as [string, string]]),
      ['ClickHouse', engineText(status)],
    ]),
  ].join('\n');
}

function lastMinuteText({ lastMinute }: Status): string {
  if (lastMinute == null) return 'not measured yet';
  const { accepted, stored, rejected, refused, ackP50Ms, ackP99Ms, lagMs } = lastMinute;
  const parts = [`${rateText(accepted)} accepted`, `${rateText(stored)} stored`];
  if (rejected > 0) parts.push(`${rateText(rejected)} rejected`);
  if (refused > 0) parts.push(`${rateText(refused)} refused`);
  if (ackP50Ms !== null && ackP99Ms !== null) parts.push(`answers in ${msText(ackP50Ms)} (p99 ${msText(ackP99Ms)})`);
  if (lagMs !== null) parts.push(`queryable after ${msText(lagMs)}`);
  return parts.join(', ');
}

function rateText(perSecond: number): string {
  if (perSecond > 0 && perSecond < 0.1) return '<0.1/s';
  return `${perSecond < 10 ? perSecond.toFixed(perSecond > 0 ? 1 : 0) : countText(Math.round(perSecond))}/s`;
}

function msText(ms: number): string {
  return ms < 1_000 ? `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

function eventsText({ events }: Status): string {
  const parts = [`${countText(events.accepted)} accepted`, `${countText(events.stored)} stored`];
  if (events.duplicates > 0) parts.push(plural(events.duplicates, 'duplicate'));
  if (events.rejected > 0) parts.push(`${countText(events.rejected)} rejected`);
  if (events.deadLettered > 0) parts.push(`${countText(events.deadLettered)} in dead letters`);
  return parts.join(', ');
}

function spoolText({ spool }: Status, bytesMax: number | undefined, style: Style): string {
  const bar = bytesMax === undefined ? '' : `${barText(spool.bytes / bytesMax, style)}  `;
  const damaged = spool.quarantined > 0 ? `, ${plural(spool.quarantined, 'damaged segment')} set aside` : '';
  const room = bytesMax === undefined ? '' : ` of ${bytesText(bytesMax)}`;
  if (spool.rows === 0) return `${bar}empty${damaged}`;
  const size = `${bytesText(spool.bytes)}${room} in ${plural(spool.segments, 'segment')}`;
  return `${bar}${plural(spool.rows, 'event')} waiting, ${size}, oldest ${secondsText(spool.oldestAgeSeconds)}${damaged}`;
}

/** How full something is; what holds anything at all shows at least one cell. */
function barText(share: number, style: Style): string {
  const cells = Math.min(BAR_CELLS, Math.ceil(share * BAR_CELLS));
  const paint = share < 0.5 ? style.good : share < 0.8 ? style.warn : style.bad;
  return `${paint('█'.repeat(cells))}${style.dim('░'.repeat(BAR_CELLS - cells))} ${Math.round(share * 100)}%`;
}

function flushText({ flush }: Status): string {
  const error = flush.lastError === '' ? '' : `, last error: ${terminalText(flush.lastError)}`;
  return `${flush.strategy}, breaker ${flush.breaker}${error}`;
}

function engineText({ engine }: Status): string {
  const pid = engine.pid > 0 ? ` (pid ${engine.pid})` : '';
  const container = engine.container === null ? '' : containerText(engine.container);
  return `${engine.kind} ${engine.version} ${engine.state}${pid} at ${engine.url}${container}`.replaceAll('  ', ' ');
}

function containerText({ name, status, health, memoryBytes, restarts }: EngineContainer): string {
  const parts = [`container ${name} ${status}${health === 'none' ? '' : `, ${health}`}`];
  if (memoryBytes !== null) parts.push(bytesText(memoryBytes));
  if (restarts > 0) parts.push(plural(restarts, 'restart'));
  return `, ${parts.join(', ')}`;
}
