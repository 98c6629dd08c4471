import { terminalText } from '../../terminal/text.ts';
import type { Instance } from '../instance.ts';
import type { Style } from '../terminal/style.ts';
import { pairs } from '../terminal/table.ts';
import { bytesText, plural } from '../terminal/units.ts';
import type { EngineDownReport } from './down.ts';
import type { ContainerReport, EngineStatusReport } from './status.ts';
import type { EngineUpReport } from './up.ts';
import type { EngineUpgradeReport } from './upgrade.ts';

const DONE: Readonly<Record<EngineUpReport['outcome'], string>> = {
  created: 'runs, newly made',
  started: 'runs again',
  adopted: 'was running already',
  recreated: 'was made anew with the same data',
};

export function upScreen(report: EngineUpReport, instance: Instance, style: Style): string {
  return [
    `${style.good('●')} container ${report.container} ${DONE[report.outcome]}`,
    pairs([
      ['Image', terminalText(report.image)],
      ['ClickHouse', `${report.version} at ${report.url}`],
      ['Data', `Docker volume ${report.container}`],
    ]),
    `  ${instance.commandLine('start --engine docker')}`,
  ].join('\n');
}

export function downScreen({ changed, container, deleted }: EngineDownReport, style: Style): string {
  const mark = style.dim('○');
  if (deleted.length > 0) return `${mark} deleted: ${deleted.join(', ')}`;
  if (!changed) return `${mark} container ${container} does not run`;
  return `${mark} container ${container} stopped; the data stays in the volume ${container}`;
}

export function upgradeScreen({ changed, container, from, image, version }: EngineUpgradeReport, style: Style): string {
  const mark = style.good('●');
  if (!changed) return `${mark} container ${container} has ${terminalText(image)} already (ClickHouse ${version})`;
  return `${mark} container ${container}: ${terminalText(from)} → ${terminalText(image)} (ClickHouse ${version})`;
}

export function statusScreen(report: EngineStatusReport, style: Style): string {
  const { kind, daemon, docker, container } = report;
  const isUp = container === null ? daemon?.state === 'ready' : container.status === 'running';
  const rows: [string, string][] = [
    ['Daemon', daemon === null ? 'does not run' : `${daemon.state} ${daemon.version} at ${daemon.url}`],
  ];
  if (docker !== null) rows.push(['Docker', `${docker.version} at ${docker.address} (${docker.from})`]);
  if (container !== null) rows.push(...containerRows(container));
  const mark = isUp ? style.good('●') : style.dim('○');
  const what = container?.name ?? (kind === 'docker' ? 'no container yet' : '');
  return [
    `${mark} ${style.bold(kind)} ${what}`.trimEnd(),
    pairs(rows.map(([name, value]) => [name, terminalText(value)])),
  ].join('\n');
}

function containerRows(found: ContainerReport): [string, string][] {
  const { status, health, restarts, exitCode, oomKilled, error, startedAt, ports, image } = found;
  const state = [
    status,
    ...(health === 'none' ? [] : [health]),
    ...(restarts > 0 ? [plural(restarts, 'restart')] : []),
  ];
  if (status === 'exited') state.push(oomKilled ? 'killed for want of memory' : `exit code ${exitCode}`);
  if (error !== '') state.push(error);
  const rows: [string, string][] = [
    ['State', state.join(', ')],
    ['Image', image],
    [
      'Ports',
      Object.entries(ports)
        .map(([inside, outside]) => `127.0.0.1:${outside} → ${inside}`)
        .join(', '),
    ],
  ];
  if (startedAt !== null) rows.push(['Started', startedAt]);
  if (found.memoryBytes !== null && found.memoryBytesMax !== null) {
    rows.push(['Memory', `${bytesText(found.memoryBytes)} of ${bytesText(found.memoryBytesMax)}`]);
  }
  return rows;
}
