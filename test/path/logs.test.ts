import { expect, test } from 'vitest';
import { startDaemon } from '../support/daemon.ts';
import { RunningCli } from '../support/running-cli.ts';

const count = (cli: RunningCli, event: string) => cli.lines.filter((line) => JSON.parse(line).event === event).length;

test('trackflow logs -f goes on over kill -9, restarts and stops of the daemon, and Ctrl-C ends it with 0', async () => {
  await using daemon = await startDaemon();
  await using cli = new RunningCli(['logs', '--home', daemon.home, '-f', '--json']);
  await cli.until((it) => count(it, 'listening') === 1);
  await daemon.kill();
  await daemon.start();
  await cli.until((it) => count(it, 'listening') === 2);
  await daemon.stop();
  await daemon.start();
  await cli.until((it) => count(it, 'listening') === 3);
  expect(count(cli, 'starting')).toBe(3);
  expect(await cli.end()).toBe(0);
});
