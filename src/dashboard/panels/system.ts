import { gauge } from '../../terminal/charts/gauge.ts';
import { fitting, toWidth } from '../../terminal/lines.ts';
import { duration, fullNumber, milliseconds, percent } from '../../terminal/numbers.ts';
import { bytesText, figure, type Panel, type Scene, trend } from '../screen/scene.ts';

const NAME_COLUMNS = 11;
const VALUE_COLUMNS = 10;
const TREND_COLUMNS_MAX = 60;

/** What TrackFlow and the machine use. */
export const system: Panel = {
  id: 'system',
  draw: (scene, width) => {
    const cores = scene.snapshot.facts.state?.limits.cores;
    return { title: 'System', note: cores === undefined ? '' : `host ${cores} cores`, lines: lines(scene, width) };
  },
};

function lines(scene: Scene, width: number): string[] {
  const value = (name: Parameters<typeof figure>[1]) => figure(scene, name);
  const { look, snapshot } = scene;
  const limits = snapshot.facts.state?.limits;
  const room = Math.min(TREND_COLUMNS_MAX, width - NAME_COLUMNS - VALUE_COLUMNS - 1);
  const row = (name: string, text: string) => look.paint('dim', toWidth(name, NAME_COLUMNS)) + text;
  const charted = (name: string, text: string, series: Parameters<typeof figure>[1]) =>
    row(name, `${toWidth(text, VALUE_COLUMNS)} ${trend(scene, series, room, 'accent')}`);
  const ofMemory = (used: number | null) => (used === null || !limits ? null : used / limits.hostMemoryBytes);
  const [rss, hostMemory] = [value('daemon_rss_bytes'), value('host_memory_used_bytes')];
  const hostShare = ofMemory(hostMemory);
  const files = value('open_files');
  const filesMax = limits?.openFilesMax ?? null;
  return [
    charted('daemon cpu', percent(value('daemon_cpu')), 'daemon_cpu'),
    charted('daemon rss', `${bytesText(scene, rss)} ${percent(ofMemory(rss))}`, 'daemon_rss_bytes'),
    charted('loop p99', milliseconds(value('loop_p99_ms')), 'loop_p99_ms'),
    charted('host cpu', percent(value('host_cpu')), 'host_cpu'),
    row('disk', diskText(scene, width - NAME_COLUMNS)),
    row('memory', `${bytesText(scene, hostMemory)} ${gauge(hostShare ?? 0, 8, look)} ${percent(hostShare)}`),
    charted('engine cpu', percent(value('engine_cpu')), 'engine_cpu'),
    row('files', `${fullNumber(files)}${filesMax === null ? '' : ` of ${fullNumber(filesMax)}`}`),
    row('sockets', `${fullNumber(value('connections'))} http  ${fullNumber(value('websockets'))} ws`),
  ];
}

/** `41G free (63%)  full in 19d`. */
export function diskText(scene: Scene, width: number): string {
  const free = figure(scene, 'disk_free_bytes');
  const total = scene.snapshot.facts.state?.limits.diskBytes;
  const share = free === null || !total ? '' : ` (${percent(free / total)})`;
  return fitting([`${bytesText(scene, free)} free${share}`, diskForecast(scene)], width);
}

export function diskForecast({ snapshot: { facts, receivedAt }, look }: Scene): string {
  const at = facts.state?.diskFullAt ?? null;
  if (at === null) return 'not filling';
  const left = at - receivedAt;
  const text = `full in ~${duration(roundedSpan(left))}`;
  return left < SOON_MS ? look.paint('warn', text) : text;
}

const DAY_MS = 86_400_000;
const SOON_MS = 7 * DAY_MS;

/** A forecast is not exact to the minute, and should not look so. */
function roundedSpan(ms: number): number {
  const unit = ms > 2 * DAY_MS ? DAY_MS : ms > DAY_MS / 4 ? DAY_MS / 24 : 60_000;
  return Math.round(ms / unit) * unit;
}
