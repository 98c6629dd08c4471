import { terminalText } from '../../terminal/text.ts';
import type { Instance } from '../instance.ts';
import type { Style } from '../terminal/style.ts';
import { pairs, table } from '../terminal/table.ts';
import { bytesText, countText, plural } from '../terminal/units.ts';
import type { ClusterDownReport } from './down.ts';
import type { ClusterScaleReport } from './scale.ts';
import type { ClusterShardReport, ClusterStatusReport } from './status.ts';
import type { ClusterTestReport } from './test.ts';
import type { ClusterUpReport } from './up.ts';

export function clusterUpScreen(report: ClusterUpReport, instance: Instance, style: Style): string {
  const { name, shards, replicas, image, version, changed, members, daemon } = report;
  const counts = Map.groupBy(members, ({ outcome }) => outcome);
  const done = [...counts].map(([outcome, found]) => `${found.length} ${outcome}`).join(', ');
  return [
    `${style.good('●')} cluster ${name} ${changed ? 'runs' : 'was running already'}: ${done}`,
    pairs([
      ['Shape', `${plural(shards, 'shard')} of ${plural(replicas, 'replica')}`],
      ['Image', `${terminalText(image)} (ClickHouse ${version})`],
      ['Data', 'a Docker volume for each node, with the name of its container'],
    ]),
    `  ${instance.commandLine(daemon === null ? 'start' : daemon === 'cluster' ? 'status' : 'restart')}`,
  ].join('\n');
}

export function clusterDownScreen({ changed, name, stopped, deleted }: ClusterDownReport, style: Style): string {
  const mark = style.dim('○');
  if (deleted.length > 0) return `${mark} deleted: ${deleted.join(', ')}`;
  if (!changed) return `${mark} cluster ${name} does not run`;
  return `${mark} cluster ${name}: ${plural(stopped.length, 'container')} stopped; the data stays in the volumes`;
}

export function clusterScaleScreen(report: ClusterScaleReport, instance: Instance, style: Style): string {
  const { changed, name, from, shards, restart } = report;
  const mark = style.good('●');
  if (!changed) return `${mark} cluster ${name} has ${plural(shards, 'shard')} already`;
  const lines = [
    `${mark} cluster ${name}: ${from} → ${plural(shards, 'shard')}`,
    '  rows that are stored stay where they are; new events go to all shards',
  ];
  if (restart) lines.push(`  the daemon uses the new ones after: ${instance.commandLine('restart')}`);
  return lines.join('\n');
}

export function clusterStatusScreen(report: ClusterStatusReport, style: Style): string {
  const { state, name, shardCount, replicaCount, rows, missing, keepers, image } = report;
  const mark = { ready: style.good('●'), degraded: style.bad('●'), down: style.dim('○') }[state];
  const shape = `${plural(shardCount, 'shard')} of ${plural(replicaCount, 'replica')}`;
  const lines = [`${mark} ${style.bold(name)} ${state}: ${shape}, ${terminalText(image)}`];
  if (rows !== null) lines.push(`  ${plural(rows, 'event')}`);
  if (missing.length > 0) {
    lines.push(
      `  ${style.bad(`without shard ${missing.join(', ')}: answers are without their rows, events for them wait`)}`,
    );
  }
  lines.push('', table(COLUMNS, report.shards.flatMap(shardRows)));
  for (const { container, status } of keepers) lines.push(`Keeper ${container} ${status}`);
  const problems = report.shards.flatMap(({ replicas }) => replicas).filter(({ problem }) => problem !== '');
  for (const { container, problem } of problems) lines.push(terminalText(`${container}: ${problem}`));
  return lines.join('\n');
}

const COLUMNS = [
  { title: 'SHARD', right: true },
  { title: 'REPLICA', right: true },
  { title: 'CONTAINER' },
  { title: 'STATE' },
  { title: 'ROWS', right: true },
  { title: 'PARTS', right: true },
  { title: 'SIZE', right: true },
  { title: 'LAG', right: true },
  { title: 'SPOOLED', right: true },
];

function shardRows({ replicas, spooledRows }: ClusterShardReport): string[][] {
  return replicas.map(({ shard, replica, container, status, health, restarts, figures }) => {
    const state = [
      status,
      ...(health === 'none' ? [] : [health]),
      ...(restarts > 0 ? [plural(restarts, 'restart')] : []),
      ...(figures?.readOnly ? ['read-only'] : []),
    ];
    return [
      String(shard),
      String(replica),
      container,
      state.join(', '),
      figures === null ? '–' : countText(figures.rows),
      figures === null ? '–' : countText(figures.parts),
      figures === null ? '–' : bytesText(figures.bytes),
      figures === null ? '–' : `${countText(figures.lagSeconds)}s`,
      spooledRows === null ? '–' : countText(spooledRows),
    ];
  });
}

export function clusterTestScreen({ shards, ok }: ClusterTestReport, style: Style): string {
  const lines = shards.map((probe) => {
    const mark = probe.ok ? style.good('✓') : style.bad('✗');
    const written = probe.written ? 'written' : 'not written';
    return `${mark} shard ${probe.shard}: ${written}, read back at ${probe.readAt} of ${plural(probe.answered, 'node')}`;
  });
  const problems = shards.flatMap((probe) => probe.problems.map((problem) => `  ${terminalText(problem)}`));
  return [
    ...lines,
    ...problems,
    ok ? 'each shard takes rows, and every node reads all of them' : 'the test failed',
  ].join('\n');
}
