import { fileURLToPath } from 'node:url';
import { prepareHome } from '../../config/home.ts';
import { type ResolvedConfig, resolveConfig } from '../../config/resolve.ts';
import type { Config } from '../../config/schema.ts';
import type { Flags } from '../../config/sources.ts';
import type { Status } from '../../control/protocol.ts';
import { TrackflowError } from '../../errors/error.ts';
import { prepareEngine } from '../engine/prepare.ts';
import type { Instance } from '../instance.ts';
import { poll } from '../poll.ts';
import { changeText, flagsToForget, keepCommand } from './flag-notes.ts';
import { Launch } from './launch.ts';

export interface StartOptions {
  /** By setting key. */
  readonly flags: Flags;
  /** Return only when it is ready. */
  readonly wait: boolean;
  readonly timeoutMs: number;
  /** The daemon's script; the built one unless a test brings its own. */
  readonly program?: string;
}

export interface StartReport {
  readonly schema: 'trackflow.start/1';
  /** Whether this start started it. */
  readonly changed: boolean;
  readonly ready: boolean;
  readonly home: string;
  readonly pid: number;
  /** Empty while it is not ready. */
  readonly url: string;
  /** Where to post events; empty while it is not ready. */
  readonly eventsUrl: string;
  /** The browser tracker; empty while it is not ready. */
  readonly trackerUrl: string;
  /** Settings that the running daemon has otherwise than this start asked for; a restart would apply them. */
  readonly differs: readonly string[];
  readonly status: Status | null;
}

/**
 * Starts the daemon of the instance in the background, or finds it running. A start that fails, takes too long or is
 * interrupted leaves no daemon behind. Throws TF_CONFIG, the daemon's own error, or TF_TIMEOUT.
 */
export async function startInstance(instance: Instance, options: StartOptions): Promise<StartReport> {
  const { home, env } = instance;
  const wanted = resolveConfig({ home, env, flags: options.flags });
  const { config } = wanted;
  prepareHome(home);
  const running = await findRunning(instance, options.timeoutMs);
  if (running !== undefined) return alreadyRunning(instance, running, wanted);

  const program = options.program ?? builtDaemon();
  const begun = { program, home, env, flags: options.flags, output: instance.paths.daemonOutput };
  if (!options.wait) {
    const launch = new Launch(begun);
    launch.release();
    return { ...EMPTY, changed: true, home, pid: launch.pid };
  }
  instance.say(`starting TrackFlow in ${home}`);
  const engine = await prepareEngine(instance, config, options.timeoutMs);
  const launch = new Launch(begun);
  try {
    const { timeoutMs } = engine;
    const status = await launch.ready({ timeoutMs, signal: instance.signal, onProgress: instance.say });
    launch.release();
    return { ...EMPTY, changed: true, ...readyPart(status, config) };
  } catch (cause) {
    if (instance.signal.aborted) instance.say('undoing the start; press Ctrl-C again to leave at once');
    await launch.rollBack();
    await engine.undo();
    if (!(cause instanceof TrackflowError) || cause.code !== 'TF_HOME_IN_USE') throw cause;
    // Another start was faster: it is this instance all the same.
    return alreadyRunning(instance, await awaitRunning(instance, options.timeoutMs, cause), wanted);
  }
}

/** The running daemon; one that is about to run or to go is waited for. Undefined when there is none. */
async function findRunning(instance: Instance, timeoutMs: number): Promise<Status | undefined> {
  const found = await statusOrNone(instance);
  if (found === undefined || found.state === 'running') return found;
  instance.say(`a daemon is ${found.state} there (pid ${found.pid}); waiting for it`);
  const settled = await poll(
    async () => {
      const status = await statusOrNone(instance);
      return status === undefined || status.state === 'running' ? { status } : undefined;
    },
    { timeoutMs, signal: instance.signal },
  );
  if (settled !== undefined) return settled.status;
  throw new TrackflowError('TF_TIMEOUT', `the daemon in ${instance.home} is ${found.state} for too long`, {
    hints: ['trackflow status', 'trackflow stop --force'],
  });
}

async function awaitRunning(instance: Instance, timeoutMs: number, otherwise: TrackflowError): Promise<Status> {
  const running = await poll(
    async () => {
      const status = await statusOrNone(instance);
      return status?.state === 'running' ? status : undefined;
    },
    { timeoutMs, signal: instance.signal },
  );
  if (running === undefined) throw otherwise;
  return running;
}

async function statusOrNone(instance: Instance): Promise<Status | undefined> {
  try {
    return await instance.control.status();
  } catch (cause) {
    if (cause instanceof TrackflowError && cause.code === 'TF_NOT_RUNNING') return undefined;
    throw cause;
  }
}

async function alreadyRunning(instance: Instance, status: Status, wanted: ResolvedConfig): Promise<StartReport> {
  const running = await instance.control.config();
  const differs = differences(wanted.config, running.config);
  if (differs.length > 0) {
    instance.say(`it runs with other settings than asked for: ${changeText(differs, running, wanted)}`);
    instance.say(`to apply them: ${instance.commandLine('restart')} with the same flags`);
    const forgotten = flagsToForget(differs, running, wanted);
    if (forgotten.length > 0) instance.say(`to keep what it has: ${keepCommand(instance, forgotten, running)}`);
  }
  return { ...EMPTY, ...readyPart(status, running.config), differs };
}

/** Keys whose values are not the same. A port that was left to choice differs from none. */
export function differences(wanted: Config, running: Config): string[] {
  return Object.entries(wanted).flatMap(([section, values]) =>
    Object.entries(values)
      .filter(([name, value]) => !(section === 'listen' && name === 'port' && value === 0))
      .filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(settingIn(running, section, name)))
      .map(([name]) => `${section}.${name}`),
  );
}

function settingIn(config: Config, section: string, name: string): unknown {
  return (config as Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>)[section]?.[name];
}

const EMPTY: StartReport = {
  schema: 'trackflow.start/1',
  changed: false,
  ready: false,
  home: '',
  pid: 0,
  url: '',
  eventsUrl: '',
  trackerUrl: '',
  differs: [],
  status: null,
};

function readyPart(status: Status, config: Config): Partial<StartReport> {
  const { home, pid, url } = status;
  const root = url.replace(/\/$/, '');
  const eventsUrl = root + config.receive.eventsPath;
  return { ready: true, home, pid, url, eventsUrl, trackerUrl: root + config.tracker.path, status };
}

function builtDaemon(): string {
  return fileURLToPath(new URL('../../../daemon/main.js', import.meta.url));
}
