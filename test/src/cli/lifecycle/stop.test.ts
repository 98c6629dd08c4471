import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openInstance } from '../../../../src/cli/instance.ts';
import { isAlive, processState } from '../../../../src/cli/lifecycle/daemon-process.ts';
import { Launch } from '../../../../src/cli/lifecycle/launch.ts';
import { stopInstance } from '../../../../src/cli/lifecycle/stop.ts';
import { prepareHome } from '../../../../src/config/home.ts';
import { controlServer, daemonFile, statusOf } from '../../../support/control-server.ts';
import { temporaryHome } from '../../../support/temporary-home.ts';

const program = fileURLToPath(new URL('../../../support/daemon/main.js', import.meta.url));
const options = { timeoutMs: 5_000, force: false };

const open = (home: string) =>
  openInstance({
    homeFlag: home,
    env: {},
    signal: new AbortController().signal,
    say: () => {},
    program: '',
    commands: [],
  });

async function runningDaemon(home: string, behaviour = 'ready'): Promise<number> {
  const env = { ...process.env, FAKE_DAEMON: behaviour };
  const launch = new Launch({ program, home, env, flags: {}, output: prepareHome(home).daemonOutput });
  onTestFinished(() => {
    if (processState(launch.pid, home) === 'ours') process.kill(launch.pid, 'SIGKILL');
  });
  const signal = new AbortController().signal;
  await launch.ready({ timeoutMs: 20_000, signal, onProgress: () => {} });
  launch.release();
  return launch.pid;
}

/** A process that lives, and is no daemon. */
function stranger(): number {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child.pid!;
}

describe('stopInstance', () => {
  it('has nothing to do where nothing runs', async () => {
    const home = temporaryHome();
    expect(await stopInstance(open(home), options)).toMatchObject({ changed: false, forced: false, pid: 0 });
  });

  it('removes the file of a daemon that is gone', async () => {
    const home = temporaryHome();
    const gone = spawn(process.execPath, ['-e', '']);
    await new Promise((resolve) => gone.once('exit', resolve));
    const file = daemonFile(home, gone.pid!);
    expect(await stopInstance(open(home), options)).toMatchObject({ changed: false });
    expect(existsSync(file)).toBe(false);
  });

  it.runIf(process.platform === 'linux')('never signals a process that got the number of a daemon', async () => {
    const home = temporaryHome();
    const pid = stranger();
    const file = daemonFile(home, pid);
    expect(processState(pid, home)).toBe('other');
    expect(await stopInstance(open(home), { ...options, force: true })).toMatchObject({ changed: false });
    expect([isAlive(pid), existsSync(file)]).toEqual([true, false]);
  });

  it.runIf(process.platform === 'linux')('does not take the daemon of another home for its own', async () => {
    const [home, other] = [temporaryHome(), temporaryHome()];
    const pid = await runningDaemon(other);
    expect([processState(pid, home), processState(pid, other)]).toEqual(['other', 'ours']);
    daemonFile(home, pid);
    await stopInstance(open(home), options);
    expect(isAlive(pid)).toBe(true);
  });

  it('asks the daemon to stop and returns when its process is gone', async () => {
    const home = temporaryHome();
    const pid = await runningDaemon(home);
    const stop = (): { status: number } => {
      process.kill(pid, 'SIGTERM');
      return { status: 202 };
    };
    const server = await controlServer(home, {
      'GET /status': { json: statusOf(home, { pid }) },
      'POST /stop': stop,
    });
    expect(await stopInstance(open(home), options)).toMatchObject({ changed: true, forced: false, pid });
    expect(isAlive(pid)).toBe(false);
    expect(server.calls.find(({ route }) => route === 'POST /stop')?.body).toEqual({ timeoutMs: 5_000 });
  });

  it.runIf(process.platform === 'linux')('stops a daemon whose control socket is gone by a signal', async () => {
    const home = temporaryHome();
    const pid = await runningDaemon(home);
    expect(await stopInstance(open(home), options)).toMatchObject({ changed: true, forced: false, pid });
    expect(isAlive(pid)).toBe(false);
  });

  it.runIf(process.platform === 'linux')('kills a daemon that does not go, and only when told to', async () => {
    const home = temporaryHome();
    const pid = await runningDaemon(home, 'stubborn');
    const quick = { timeoutMs: 100, closeGraceMs: 100 };
    await expect(stopInstance(open(home), { ...quick, force: false })).rejects.toMatchObject({ code: 'TF_TIMEOUT' });
    expect(isAlive(pid)).toBe(true);
    expect(await stopInstance(open(home), { ...quick, force: true })).toMatchObject({ forced: true, pid });
    expect(isAlive(pid)).toBe(false);
  });
});
