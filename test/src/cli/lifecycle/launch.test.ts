import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isAlive } from '../../../../src/cli/lifecycle/daemon-process.ts';
import { Launch } from '../../../../src/cli/lifecycle/launch.ts';
import { prepareHome } from '../../../../src/config/home.ts';
import { temporaryHome } from '../../../support/temporary-home.ts';

const program = fileURLToPath(new URL('../../../support/daemon/main.js', import.meta.url));

function launch(behaviour: string, home = temporaryHome()): Launch {
  const output = prepareHome(home).daemonOutput;
  const env = { ...process.env, FAKE_DAEMON: behaviour };
  const launched = new Launch({ program, home, env, flags: { 'listen.port': '9000' }, output });
  onTestFinished(() => launched.rollBack());
  return launched;
}

const options = { timeoutMs: 20_000, signal: new AbortController().signal, onProgress: () => {} };

describe('Launch', () => {
  it('is ready when the daemon says so, having told progress, and lets it go on', async () => {
    const home = temporaryHome();
    const launched = launch('ready', home);
    const progress: string[] = [];
    const status = await launched.ready({ ...options, onProgress: (message) => progress.push(message) });
    launched.release();
    expect(status).toMatchObject({ state: 'running', pid: launched.pid });
    expect(progress).toEqual(['opening the spool']);
    expect(isAlive(launched.pid)).toBe(true);
    expect(JSON.parse(readFileSync(join(home, 'flags.json'), 'utf8'))).toEqual({ 'listen.port': '9000' });
  });

  it('fails with the error the daemon reports', async () => {
    await expect(launch('fails').ready(options)).rejects.toMatchObject({
      code: 'TF_PORT_IN_USE',
      exit: 69,
      hints: ['--port 0'],
    });
  });

  it('shows the last twenty lines of a daemon that died, of this run alone', async () => {
    const home = temporaryHome();
    await launch('crashes', home)
      .ready(options)
      .catch(() => {});
    const error: Error = await launch('crashes', home)
      .ready(options)
      .then(
        () => expect.unreachable(),
        (cause) => cause,
      );
    expect(error).toMatchObject({ code: 'TF_FAILED' });
    expect(error.message).toContain('exit code 9');
    expect(error.message.match(/^line \d+$/gm)).toEqual(Array.from({ length: 20 }, (_, at) => `line ${at + 11}`));
  });

  it('gives up in time, and rolling back leaves no process', async () => {
    const launched = launch('silent');
    await expect(launched.ready({ ...options, timeoutMs: 300 })).rejects.toMatchObject({
      code: 'TF_TIMEOUT',
      exit: 75,
    });
    await launched.rollBack();
    expect(isAlive(launched.pid)).toBe(false);
  });

  it('ends with the reason of its signal', async () => {
    const controller = new AbortController();
    const waiting = launch('silent').ready({ ...options, signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
  });
});
