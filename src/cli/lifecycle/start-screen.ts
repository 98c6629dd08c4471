import type { Status } from '../../control/protocol.ts';
import { type Instance, shellWord } from '../instance.ts';
import type { Style } from '../terminal/style.ts';
import { pairs } from '../terminal/table.ts';
import { plural } from '../terminal/units.ts';
import type { StartReport } from './start.ts';

/** What a newcomer needs after `start`: where it is, one event by hand, one from a browser, what to do next. */
export function startScreen(report: StartReport, instance: Instance, style: Style): string {
  const { status, pid, changed, eventsUrl, trackerUrl } = report;
  if (status === null) {
    return `TrackFlow is starting (pid ${pid}). To wait for it:\n  ${instance.commandLine('wait --for ready')}`;
  }
  const title = `${style.good('●')} ${style.bold(`TrackFlow ${status.version}`)}`;
  const count = `query ${shellWord('SELECT name, count() FROM events GROUP BY name')}`;
  return [
    `${title} ${changed ? 'is running' : 'was running already'} (pid ${pid})`,
    '',
    pairs([
      ['Collector', report.url],
      ['Data', dataPlace(status, instance)],
      [
        'Promise',
        `an event that was answered 202 is on disk, and goes into ${status.store === undefined ? 'ClickHouse' : 'PostgreSQL'} exactly once`,
      ],
    ]),
    '',
    style.bold('Send an event'),
    `  curl -sS ${shellWord(eventsUrl)} -H 'content-type: application/json' -d '{"name":"hello"}'`,
    '',
    style.bold('Track a website: paste into its <head>'),
    `  <script defer src="${trackerUrl}"></script>`,
    '',
    style.bold('Next'),
    ...['snippet --site NAME', 'loadtest --traffic', 'dash', count, 'status', 'stop'].map(
      (rest) => `  ${instance.commandLine(rest)}`,
    ),
  ].join('\n');
}

function dataPlace({ engine, store }: Status, { paths }: Instance): string {
  const version = engine.version === '' ? '' : ` ${engine.version}`;
  if (store !== undefined)
    return `PostgreSQL at ${store.url}, spool in ${paths.spool} (read by ClickHouse${version} embedded)`;
  if (engine.kind === 'url') return `ClickHouse${version} at ${engine.url}, spool in ${paths.spool}`;
  if (engine.kind === 'cluster') {
    const shards = engine.shards?.length ?? 1;
    return `${paths.home} and Docker volumes of ${plural(shards, 'shard')} (ClickHouse${version}; cluster status)`;
  }
  if (engine.kind === 'docker') {
    const name = engine.container?.name ?? '';
    return `${paths.home} and the Docker volume ${name} (ClickHouse${version} in the container of that name)`;
  }
  return `${paths.home} (ClickHouse${version} embedded; keep this directory and you keep everything)`;
}
