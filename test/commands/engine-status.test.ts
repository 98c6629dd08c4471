import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli } from '../support/cli.ts';
import { temporaryHome } from '../support/temporary-home.ts';

const NO_DOCKER = { DOCKER_HOST: 'unix:///nonexistent/docker.sock' };

/** An embedded engine that is down, in a home where Docker was asked for in vain once: only a name is kept of that. */
function homeWithoutContainer(): string {
  const home = temporaryHome();
  mkdirSync(join(home, 'run'), { mode: 0o700 });
  mkdirSync(join(home, 'logs'));
  const kept = { httpPort: 40_001, tcpPort: 40_002, writerPassword: 'w'.repeat(64), readerPassword: 'r'.repeat(64) };
  writeFileSync(join(home, 'run', 'engine.json'), JSON.stringify({ ...kept, instance: '137b693c48d6' }), {
    mode: 0o600,
  });
  writeFileSync(join(home, 'logs', 'clickhouse.log'), '<Warning> one\n');
  return home;
}

describe('an instance that never had a container', () => {
  it('has an engine that does not run, and no word of Docker', async () => {
    const home = homeWithoutContainer();
    const { code, stdout, stderr } = await runCli(['engine', 'status', '--home', home], { env: NO_DOCKER });
    expect([code, stdout, stderr]).toEqual([3, '○ embedded\n  Daemon  does not run\n', '']);
  });

  it('has a log that needs no Docker to be read', async () => {
    const { code, stdout } = await runCli(['engine', 'logs', '--home', homeWithoutContainer()], { env: NO_DOCKER });
    expect([code, stdout]).toEqual([0, '<Warning> one\n']);
  });
});
