import { resolveConfig } from '../../config/resolve.ts';
import type { Config } from '../../config/schema.ts';
import { TrackflowError } from '../../errors/error.ts';
import { type Framework, pasted, STUB } from '../../snippet/frameworks.ts';
import { collectPath, type TrackerFile, trackerFiles } from '../../snippet/tracker-files.ts';
import type { Instance } from '../instance.ts';
import type { Style } from '../terminal/style.ts';

export interface SnippetOptions {
  readonly framework: Framework;
  /** Account of the events; empty for the default one. */
  readonly site: string;
  /** Of the collector as browsers reach it; empty asks the instance. */
  readonly url: string;
  /** Names of options to load. */
  readonly options: readonly string[];
  readonly sri: boolean;
}

export interface SnippetReport {
  readonly schema: 'trackflow.snippet/1';
  readonly framework: Framework;
  readonly site: string;
  readonly src: string;
  readonly collectUrl: string;
  /** Null without `--sri`. */
  readonly integrity: string | null;
  readonly options: readonly string[];
  readonly place: string;
  readonly snippet: string;
  /** Takes calls until the tracker has loaded. */
  readonly stub: string;
}

const SITE_BYTES_MAX = 64;

/**
 * What to paste into the pages of a site, from the running instance or, where none runs, from its configuration. Throws
 * TF_USAGE for a site, URL or option that cannot be, TF_NOT_RUNNING where the port is not known before a start.
 */
export async function snippetReport(instance: Instance, wanted: SnippetOptions): Promise<SnippetReport> {
  const { framework, site, sri } = wanted;
  checkSite(site);
  const { config, url: listening, isRunning } = await findCollector(instance);
  const url = wanted.url === '' ? listening : publicUrl(wanted.url);
  if (url === undefined) {
    throw new TrackflowError('TF_NOT_RUNNING', 'nothing runs here, and listen.port 0 is any port', {
      hints: ['trackflow start', 'trackflow snippet --url https://collect.example'],
    });
  }
  if (!isRunning && wanted.url === '') instance.say(`nothing runs here: the next start would listen on ${url}`);
  const files = chosenFiles(trackerFiles(config), wanted.options);
  const { attributePrefix } = config.tracker;
  const { place, snippet } = pasted(framework, { url, files, site, attributePrefix, sri });
  const [tracker] = files;
  return {
    schema: 'trackflow.snippet/1',
    framework,
    site,
    src: url + (sri ? tracker!.versionedPath : tracker!.path),
    collectUrl: url + collectPath(config),
    integrity: sri ? tracker!.integrity : null,
    options: files.slice(1).map(({ option }) => option),
    place,
    snippet,
    stub: STUB,
  };
}

/** The snippet alone, so that it can be piped; what to do with it goes to `say`. */
export function snippetScreen(report: SnippetReport, say: (line: string) => void, style: Style): string {
  if (report.integrity !== null) say(style.dim('Print it again after an upgrade: the hash is of this version.'));
  say(style.dim(`For calls before it has loaded, in a script above it: ${report.stub}`));
  say(style.dim(`Paste ${report.place}:`));
  return report.snippet;
}

interface Collector {
  readonly config: Config;
  /** Undefined where the port is chosen at the start. */
  readonly url: string | undefined;
  readonly isRunning: boolean;
}

async function findCollector({ control, home, env }: Instance): Promise<Collector> {
  try {
    const [status, { config }] = await Promise.all([control.status(), control.config()]);
    return { config, url: withoutSlash(status.url), isRunning: true };
  } catch (cause) {
    if (!(cause instanceof TrackflowError) || cause.code !== 'TF_NOT_RUNNING') throw cause;
    const { config } = resolveConfig({ home, env });
    const { host, port } = config.listen;
    const name = host.includes(':') ? `[${host}]` : host;
    return { config, url: port === 0 ? undefined : `http://${name}:${port}`, isRunning: false };
  }
}

function chosenFiles([tracker, ...options]: readonly TrackerFile[], names: readonly string[]): TrackerFile[] {
  const chosen = names.map((name) => {
    const file = options.find(({ option }) => option === name);
    if (file !== undefined) return file;
    const allowed = options.map(({ option }) => option).join(', ');
    throw new TrackflowError('TF_USAGE', `there is no option ${JSON.stringify(name)}; allowed: ${allowed}`);
  });
  return [tracker!, ...chosen];
}

function checkSite(site: string): void {
  const hasControls = /\p{Cc}/u.test(site);
  if (!hasControls && Buffer.byteLength(site) <= SITE_BYTES_MAX) return;
  const shown = JSON.stringify(site);
  throw new TrackflowError(
    'TF_USAGE',
    `the site ${shown} is no account: at most ${SITE_BYTES_MAX} bytes of plain text`,
  );
}

function publicUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.search === '' && url.hash === '') {
    return withoutSlash(url.href);
  }
  throw new TrackflowError('TF_USAGE', `${JSON.stringify(text)} is no address; write https://collect.example`);
}

function withoutSlash(url: string): string {
  return url.replace(/\/$/, '');
}
