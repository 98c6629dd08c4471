import { gauge } from '../../terminal/charts/gauge.ts';
import { fitting, toWidth } from '../../terminal/lines.ts';
import { fullNumber, percent, shortNumber } from '../../terminal/numbers.ts';
import { terminalText } from '../../terminal/text.ts';
import { bytesText, charts, figure, type Panel, type Scene } from '../screen/scene.ts';

const NAME_COLUMNS = 10;

/** ClickHouse: what goes in, what it holds, what it costs. */
export const engine: Panel = {
  id: 'clickhouse',
  draw: (scene, width, height) => {
    const state = scene.snapshot.facts.state;
    const figures = lines(scene, width);
    const room = { nameColumns: NAME_COLUMNS, width, height: height - figures.length };
    return {
      title: 'ClickHouse',
      note: terminalText(state?.engine.version ?? ''),
      lines: [...figures, ...charts(scene, CHARTS, room)],
    };
  },
};

const CHARTS = [
  { name: 'inserts', series: 'inserted_rows', tone: 'stored' },
  { name: 'parts', series: 'engine_parts', tone: 'accent' },
  { name: 'cpu', series: 'engine_cpu', tone: 'accent' },
] as const;

function lines(scene: Scene, width: number): string[] {
  const value = (name: Parameters<typeof figure>[1]) => figure(scene, name);
  const { look, snapshot } = scene;
  const state = snapshot.facts.state;
  const row = (name: string, text: string) => look.paint('dim', toWidth(name, NAME_COLUMNS)) + text;
  const inserts = value('inserts');
  const rows = value('inserted_rows');
  const [memory, memoryMax] = [value('engine_memory_bytes'), state?.limits.engineMemoryBytesMax ?? null];
  const share = memory === null || memoryMax === null ? null : memory / memoryMax;
  const [tableRows, tableBytes] = [value('table_rows'), value('table_bytes')];
  return [
    row('state', engineState(scene)),
    ...shardsText(scene).map((text) => row('shards', text)),
    row('inserts', `${fullNumber(inserts)}/s  ${inserts ? `avg ${shortNumber((rows ?? 0) / inserts)} rows` : ''}`),
    row('parts', `${fullNumber(value('engine_parts'))} active  merges ${fullNumber(value('engine_merges'))}`),
    row(
      'memory',
      share === null
        ? bytesText(scene, memory)
        : `${bytesText(scene, memory)}/${bytesText(scene, memoryMax)} ${gauge(share, 8, look)} ${percent(share)}`,
    ),
    row('cpu', `${percent(value('engine_cpu'))}  rss ${bytesText(scene, value('engine_rss_bytes'))}`),
    ...containerParts(scene).map((parts) => row('container', fitting(parts, width - NAME_COLUMNS))),
    row('events', `${shortNumber(tableRows)} rows  ${bytesText(scene, tableBytes)}`),
    row('row size', tableRows ? `${fullNumber((tableBytes ?? 0) / tableRows)} B` : fullNumber(null)),
  ];
}

/**
 * Of an engine in a container, what Docker says: `healthy`, its memory of what it may use, CPU, restarts, its name. None for
 * other kinds.
 */
export function containerParts(scene: Scene): string[][] {
  const engine = scene.snapshot.facts.state?.engine;
  const found = engine?.container ?? null;
  if (engine === undefined || found === null) return [];
  const { look } = scene;
  const [memory, cpu] = [figure(scene, 'engine_rss_bytes'), figure(scene, 'engine_cpu')];
  const state = found.health === 'none' ? found.status : found.health;
  const isWell = found.status === 'running' && found.health !== 'unhealthy';
  return [
    [
      look.paint(isWell ? 'good' : 'bad', terminalText(state)),
      `${bytesText(scene, memory)}/${bytesText(scene, found.memoryBytesMax)}`,
      `cpu ${percent(cpu)}`,
      engine.restarts > 0 ? look.paint('warn', `${engine.restarts} restarts`) : '0 restarts',
      look.paint('dim', terminalText(found.name)),
    ],
  ];
}

/** `1 ready  2 down  3 ready`, of a cluster. */
function shardsText({ snapshot: { facts }, look }: Scene): string[] {
  const shards = facts.state?.engine.shards;
  if (shards === undefined) return [];
  return [
    shards.map((state, index) => look.paint(state === 'ready' ? 'good' : 'bad', `${index + 1} ${state}`)).join('  '),
  ];
}

/** `embedded ready`, with restarts when there were some. */
export function engineState({ snapshot: { facts }, look }: Scene): string {
  if (facts.state === null) return '';
  const { kind, state, restarts } = facts.state.engine;
  const shown = state === 'ready' ? look.paint('good', state) : look.paint('bad', state);
  return `${kind} ${shown}${restarts > 0 ? look.paint('warn', `  ${restarts} restarts`) : ''}`;
}
