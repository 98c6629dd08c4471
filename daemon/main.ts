import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { withoutSecrets } from '../src/access/redact.ts';
import { processEnvironment } from '../src/config/environment.ts';
import { prepareHome } from '../src/config/home.ts';
import { flagsFromEnvironment, resolveConfig } from '../src/config/resolve.ts';
import { TrackflowError } from '../src/errors/error.ts';
import { packageRoot } from '../src/package-root.ts';
import { Daemon } from './daemon.ts';
import { refuseOpenFiles } from './private-files.ts';

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
  const { values } = parseArgs({ options: { home: { type: 'string' }, attached: { type: 'boolean' } } });
  if (values.home === undefined || !path.isAbsolute(values.home)) {
    throw new TrackflowError('TF_USAGE', `--home needs an absolute directory, given: ${values.home ?? 'nothing'}`);
  }
  const { home } = values;
  const env = processEnvironment();
  const paths = prepareHome(home);
  refuseOpenFiles(paths);
  const root = packageRoot();
  const { version } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string };
  let flags = flagsFromEnvironment(env);

  const create = (): Daemon => {
    const resolved = resolveConfig({ home, flags, env });
    timeoutMs = resolved.config.stop.timeoutMs;
    return new Daemon({
      paths,
      resolved,
      packageRoot: root,
      version,
      now: Date.now,
      onFatal: fail,
      onStopAsked: (withinMs) => setImmediate(() => stop(withinMs)),
      onReopenAsked: (changed) => setImmediate(() => reopen(changed)),
      onProgress: (message) => tell({ type: 'progress', message }),
    });
  };
  let timeoutMs = 0;
  let stopping = false;
  /** Settles when the daemon of now is the one that stays. */
  let reopened: Promise<void> = Promise.resolve();
  let daemon = create();

  const stop = (withinMs = timeoutMs) => {
    if (stopping) process.exit(SIGNALLED_TWICE);
    stopping = true;
    reopened
      .then(() => daemon.close(withinMs))
      .then(
        () => process.exit(0),
        (error) => fail(error),
      );
  };
  const reopen = (changed: readonly string[]) => {
    if (stopping) return;
    reopened = daemon.close(REOPEN_MS_MAX).then(async () => {
      // Flags of the last start would hide what the configuration says now.
      flags = Object.fromEntries(Object.entries(flags).filter(([key]) => !changed.includes(key)));
      daemon = create();
      await daemon.open();
    });
    reopened.catch((error) => fail(error));
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop());
  // Part of a command, which may be killed.
  if (values.attached) process.on('disconnect', () => stop());
  // A terminal that closes must not end a daemon that it started.
  process.on('SIGHUP', () => {});
  await daemon.open();
  tell({ type: 'ready', status: await daemon.ready() });
}

/** For the answers of requests; what is in the spool stays there for the daemon that follows. */
const REOPEN_MS_MAX = 10_000;
const SIGNALLED_TWICE = 130;

/** Says why to the parent and on stderr, and ends the process with the error's exit code. */
function fail(error: unknown): void {
  const known =
    error instanceof TrackflowError
      ? error
      : new TrackflowError('TF_FAILED', error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.stderr.write(`${new Date().toISOString()} ${known.code} ${withoutSecrets(known.message)}\n`);
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
