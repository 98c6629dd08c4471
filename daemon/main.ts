import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { processEnvironment } from '../src/config/environment.ts';
import { prepareHome } from '../src/config/home.ts';
import { flagsFromEnvironment, resolveConfig } from '../src/config/resolve.ts';
import { TrackflowError } from '../src/errors/error.ts';
import { packageRoot } from '../src/package-root.ts';
import { Daemon } from './daemon.ts';

/**
 * The daemon's process: arguments, signals, and what the parent is told over IPC. `trackflow start` spawns it; it also
 * runs by itself under a service manager.
 *
 * First SIGTERM or SIGINT: stop within `stop.timeoutMs`. Second: end at once; what was acknowledged is in the spool.
 */
main().catch((error) => fail(error));

async function main(): Promise<void> {
  // Whatever is created from here on, by SQLite and ClickHouse too, is for the owner alone.
  process.umask(0o077);
  const { values } = parseArgs({ options: { home: { type: 'string' } } });
  if (values.home === undefined || !path.isAbsolute(values.home)) {
    throw new TrackflowError('TF_USAGE', `--home needs an absolute directory, given: ${values.home ?? 'nothing'}`);
  }
  const env = processEnvironment();
  const paths = prepareHome(values.home);
  const resolved = resolveConfig({ home: values.home, flags: flagsFromEnvironment(env), env });
  const root = packageRoot();
  const { version } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string };

  let stopping = false;
  const stop = (timeoutMs = resolved.config.stop.timeoutMs) => {
    if (stopping) process.exit(SIGNALLED_TWICE);
    stopping = true;
    daemon.close(timeoutMs).then(
      () => process.exit(0),
      (error) => fail(error),
    );
  };
  const daemon = new Daemon({
    paths,
    resolved,
    packageRoot: root,
    version,
    now: Date.now,
    onFatal: fail,
    onStopAsked: (timeoutMs) => setImmediate(() => stop(timeoutMs)),
    onProgress: (message) => tell({ type: 'progress', message }),
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop());
  // A terminal that closes must not end a daemon that it started.
  process.on('SIGHUP', () => {});
  await daemon.open();
  tell({ type: 'ready', status: await daemon.ready() });
}

const SIGNALLED_TWICE = 130;

/** Says why to the parent and on stderr, and ends the process with the error's exit code. */
function fail(error: unknown): void {
  const known =
    error instanceof TrackflowError
      ? error
      : new TrackflowError('TF_FAILED', error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.stderr.write(`${new Date().toISOString()} ${known.code} ${known.message}\n`);
  const exit = () => process.exit(known.exit);
  if (!process.connected) exit();
  else {
    const { code, message, hints } = known;
    process.send?.({ type: 'failed', error: { code, message, hints } }, exit);
  }
}

function tell(message: object): void {
  // The parent may be gone by now, which is no failure.
  if (process.connected) process.send?.(message, () => {});
}
