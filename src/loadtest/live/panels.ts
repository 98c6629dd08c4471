import { gauge } from '../../terminal/charts/gauge.ts';
import { sparkline } from '../../terminal/charts/sparkline.ts';
import { type PanelContent, toWidth, toWidthRight } from '../../terminal/lines.ts';
import type { Tone } from '../../terminal/look.ts';
import { bytes, fullNumber, milliseconds } from '../../terminal/numbers.ts';
import { shorten, terminalText } from '../../terminal/text.ts';
import { OUTCOMES } from '../measure/outcome.ts';
import { OUTCOME_WORDS, shareText } from '../report/facts.ts';
import type { FaultFigures } from '../report/report.ts';
import type { LiveSecond } from './live-figures.ts';
import { cellValues, generatorTrouble, type LiveScene, liveCells, meanNow, newest } from './scene.ts';

const NAME_COLUMNS = 10;
const VALUE_COLUMNS = 16;

/** A name, its figure, and where it is worth it the figure over the window. */
function row(
  scene: LiveScene,
  name: string,
  value: string,
  width: number,
  trend?: (second: LiveSecond) => number | null | undefined,
): string {
  const start = ` ${scene.look.paint('dim', toWidth(name, NAME_COLUMNS - 1))}${toWidth(value, VALUE_COLUMNS)}`;
  const room = width - NAME_COLUMNS - VALUE_COLUMNS - 1;
  if (trend === undefined || room < 4) return start;
  const values = cellValues(liveCells(scene.snapshot, room), trend, 'max');
  return start + scene.look.paint('accent', sparkline(values, scene.look.symbols));
}

const COUNT_COLUMNS = 11;
const COUNT_COLUMNS_NARROW = 9;
const SHARE_COLUMNS = 6;
const NAMES_MAX = 22;
/** Narrower than this the shares go, so that names and counts stay whole. */
const SHARE_MIN = 36;

/** Requests by what became of them; the classes that there are, and why events were rejected where there is room. */
export function outcomesPanel(scene: LiveScene, width: number, height: number): PanelContent {
  const { look, snapshot } = scene;
  const { outcomes, rejectedBy, requests } = snapshot.totals;
  const answered = Object.values(outcomes).reduce((sum, count) => sum + count, 0);
  const classes = OUTCOMES.filter((outcome) => outcome === 'accepted' || outcomes[outcome] > 0);
  const isWide = width >= SHARE_MIN;
  const counts = isWide ? COUNT_COLUMNS : COUNT_COLUMNS_NARROW;
  const names = Math.min(NAMES_MAX, width - counts - 3 - (isWide ? SHARE_COLUMNS + 1 : 0));
  const lines = classes.map((outcome) => {
    const tone: Tone = outcome === 'accepted' ? 'good' : outcome === 'rejected' ? 'warn' : 'bad';
    const share = answered === 0 ? 0 : outcomes[outcome] / answered;
    const name = toWidth(shorten(OUTCOME_WORDS[outcome], names), names);
    const count = toWidthRight(fullNumber(outcomes[outcome]), counts);
    if (!isWide) return ` ${look.paint(tone, name)} ${count}`;
    const bar = gauge(share, Math.max(0, width - names - counts - SHARE_COLUMNS - 5), look);
    return ` ${name} ${count} ${toWidthRight(shareText(share), SHARE_COLUMNS)} ${look.paint(tone, bar)}`;
  });
  const reasons = Object.entries(rejectedBy).toSorted(([, a], [, b]) => b - a);
  const shown = reasons.slice(0, Math.max(0, height - lines.length));
  const because = shown.map(([reason, count]) =>
    look.paint('dim', `   ${shorten(`${fullNumber(count)} events: ${terminalText(reason)}`, width - 4)}`),
  );
  return { title: 'Requests', note: `${fullNumber(requests)} sent`, lines: [...lines, ...because] };
}

/** Whether the generator itself keeps up, in words. */
export function generatorPanel(scene: LiveScene, width: number): PanelContent {
  const { look, snapshot } = scene;
  const trouble = generatorTrouble(snapshot);
  const { late, requests } = snapshot.totals;
  const waiting = newest(snapshot, ({ requests: counts }) => counts.waiting);
  const cores = meanNow(snapshot, ({ health }) => health.cpu);
  const state = trouble === '' ? look.paint('good', 'keeps up') : look.paint('bad', `INVALID: ${trouble}`);
  return {
    title: 'Generator',
    note: `${snapshot.plan.workers} workers`,
    lines: [
      ` ${look.paint('dim', toWidth('state', NAME_COLUMNS - 1))}${state}`,
      row(scene, 'cpu', coresText(cores), width, ({ health }) => health.cpu),
      row(
        scene,
        'loop p99',
        milliseconds(newest(snapshot, ({ health }) => health.loopP99Ms)),
        width,
        (one) => one.health.loopP99Ms,
      ),
      row(scene, 'late', shareText(requests === 0 ? 0 : late / requests), width, (one) => one.requests.late),
      row(scene, 'waiting', fullNumber(waiting), width, (one) => one.requests.waiting),
      row(scene, 'gc', milliseconds(newest(snapshot, ({ health }) => health.gcMs)), width, ({ health }) => health.gcMs),
    ],
  };
}

/** What the daemon tells of itself. */
export function serverPanel(scene: LiveScene, width: number): PanelContent {
  const { look, snapshot } = scene;
  const of = (name: Exclude<keyof NonNullable<LiveSecond['server']>, 'second'>) => (second: LiveSecond) =>
    second.server?.[name];
  const last = snapshot.seconds.at(-1);
  const note = last !== undefined && last.server === null ? look.paint('bad', 'does not answer') : '';
  return {
    title: 'Server',
    note,
    lines: [
      row(scene, 'stored', perSecond(meanNow(snapshot, of('stored'))), width, of('stored')),
      row(scene, 'lag', milliseconds(newest(snapshot, of('lag_ms'))), width, of('lag_ms')),
      row(scene, 'queue', fullNumber(newest(snapshot, of('spool_rows'))), width, of('spool_rows')),
      row(scene, 'daemon', coresText(newest(snapshot, of('daemon_cpu'))), width, of('daemon_cpu')),
      row(scene, 'engine', coresText(newest(snapshot, of('engine_cpu'))), width, of('engine_cpu')),
      row(
        scene,
        'memory',
        memory(newest(snapshot, of('daemon_rss_bytes')), newest(snapshot, of('engine_rss_bytes'))),
        width,
      ),
      row(scene, 'parts', parts(newest(snapshot, of('engine_parts')), newest(snapshot, of('engine_merges'))), width),
    ],
  };
}

/** What the ledger has so far; whether it is right is known after the drain. */
export function ledgerPanel(scene: LiveScene, width: number): PanelContent {
  const { look, snapshot } = scene;
  const { totals, phase } = snapshot;
  const count = (name: string, events: number, tone?: Tone) => {
    const value = toWidthRight(fullNumber(events), Math.max(1, Math.min(14, width - 15)));
    return ` ${look.paint('dim', toWidth(name, 13))}${tone === undefined || events === 0 ? value : look.paint(tone, value)}`;
  };
  const note = phase === 'verifying' ? 'verifying' : phase === 'done' ? 'verified' : 'verified at the end';
  return {
    title: 'Ledger',
    note,
    lines: [
      count('events sent', totals.sent),
      count('acknowledged', totals.acknowledged, 'good'),
      count('rejected', totals.rejected, 'warn'),
      count('unknown', totals.unknown, 'bad'),
      count('sent twice', totals.resent),
      count('seen twice', totals.duplicates),
    ],
  };
}

/** What was done to the server, newest last, in lines of at most `width`. */
export function faultLines({ snapshot, look }: LiveScene, width: number): string[] {
  return snapshot.faults.map(({ name, second, figures }) => {
    const tone = figures === null ? 'bad' : 'accent';
    const text = terminalText(figures === null ? `${name} is being done` : faultText(name, second, figures));
    return ` ${look.paint(tone, look.mark.light)} ${shorten(text, width - 3)}`;
  });
}

function faultText(name: string, second: number, { told, recoveredMs }: FaultFigures): string {
  const again = recoveredMs === null ? 'no answer since' : `answered after ${milliseconds(recoveredMs)}`;
  return `${name} at ${second.toFixed(1)} s: ${again}; ${told}`;
}

export function perSecond(value: number | null): string {
  return value === null ? 'n/a' : `${fullNumber(value)}/s`;
}

function coresText(cores: number | null): string {
  return cores === null ? 'n/a' : `${cores.toFixed(2)} cores`;
}

function memory(daemon: number | null, engine: number | null): string {
  return `${bytes(daemon)} + ${bytes(engine)}`;
}

function parts(active: number | null, merges: number | null): string {
  return `${fullNumber(active)}, ${fullNumber(merges)} merges`;
}
