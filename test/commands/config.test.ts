import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli } from '../support/cli.ts';
import { temporaryHome } from '../support/temporary-home.ts';

const write = (home: string, content: object): void =>
  writeFileSync(join(home, 'trackflow.json'), JSON.stringify(content));

describe('trackflow config', () => {
  it('shows each value and where it comes from', async () => {
    const home = temporaryHome();
    write(home, { listen: { port: 9000 } });
    const env = { TRACKFLOW_LOG_LEVEL: 'warn' };
    const { stdout } = await runCli(['config', 'show', '--home', home], { env });
    expect(stdout).toMatch(/^listen\.port +9000 +file /m);
    expect(stdout).toMatch(/^log\.level +warn +TRACKFLOW_LOG_LEVEL /m);
    expect(stdout).toMatch(/^spool\.dedupHours +24 +default /m);
    const { stdout: json } = await runCli(['config', 'show', '--home', home, '--json'], { env });
    const document = JSON.parse(json);
    expect(document.schema).toBe('trackflow.config/1');
    expect(document.settings).toContainEqual(
      expect.objectContaining({ key: 'listen.port', value: 9000, origin: 'file' }),
    );
  });

  it('prints every meaning whole, also into a pipe', async () => {
    const { stdout } = await runCli(['config', 'show', '--home', temporaryHome()]);
    expect(stdout).toContain('ClickHouse runs; not set: in the cluster, where trackflow cluster up has made one');
    expect(stdout).not.toContain('…');
  });

  it('says where the file is', async () => {
    const home = temporaryHome();
    expect((await runCli(['config', 'path', '--home', home])).stdout).toBe(`${home}/trackflow.json\n`);
  });

  it('takes a valid file and refuses another with 64 and every problem', async () => {
    const home = temporaryHome();
    write(home, { listen: { port: 9000 } });
    expect(await runCli(['config', 'validate', '--home', home])).toMatchObject({ code: 0, stderr: '' });
    write(home, { listen: { port: -1, prot: 1 } });
    const { code, stdout, stderr } = await runCli(['config', 'validate', '--home', home]);
    expect([code, stdout]).toEqual([64, '']);
    expect(stderr).toContain('listen.port is -1');
    expect(stderr).toContain('did you mean listen.port?');
    expect((await runCli(['config', 'validate', join(home, 'none.json')])).code).toBe(64);
  });
});

describe('trackflow config set', () => {
  const file = (home: string) => JSON.parse(readFileSync(join(home, 'trackflow.json'), 'utf8'));

  it('writes beside what stands there what a start reads, and unset takes it out again', async () => {
    const home = temporaryHome();
    writeFileSync(join(home, 'trackflow.json'), '{"log":{"level":"warn"},"flush":{"rowsMax":7}}');
    const change = ['listen.port=9000', 'flush.ageMsMax=2s', 'listen.host=127.0.0.1'];
    const { code, stdout } = await runCli(['config', 'set', ...change, '--home', home, '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ schema: 'trackflow.config-change/1', changed: true });
    expect(file(home)).toEqual({
      log: { level: 'warn' },
      flush: { rowsMax: 7, ageMsMax: 2_000 },
      listen: { port: 9_000, host: '127.0.0.1' },
    });
    const unset = await runCli(['config', 'unset', 'listen.port', 'log.level', 'flush.rowsMax', '--home', home]);
    expect(unset.stdout).toContain('listen.port is 8080\n');
    expect(file(home)).toEqual({ flush: { ageMsMax: 2_000 }, listen: { host: '127.0.0.1' } });
  });

  it('changes nothing when it is there already, and says what goes before the file', async () => {
    const home = temporaryHome();
    await runCli(['config', 'set', 'listen.port=9000', '--home', home]);
    const env = { TRACKFLOW_LISTEN_PORT: '9001' };
    const { stdout } = await runCli(['config', 'set', 'listen.port=9000', '--home', home], { env });
    expect(stdout).toContain(
      'listen.port is 9001 already\n  TRACKFLOW_LISTEN_PORT in the environment goes before the file\n',
    );
    expect(stdout).not.toContain('restart');
  });

  it.each<[string[], number, string]>([
    [['set', 'listen.prt=1'], 64, 'unknown setting "listen.prt"; did you mean listen.port?'],
    [['set', 'listen.port=1', 'log.level=loud'], 64, 'log.level is "loud"; allowed: one of debug, info, warn, error'],
    [['set', 'engine.kind=url', 'engine.url=http://u:secret@h:1'], 64, 'engine.url'],
    [['set', 'listen.port'], 2, 'listen.port has no KEY=VALUE, like flush.ageMsMax=2s'],
    [['set'], 2, 'ASSIGNMENT is missing: KEY=VALUE'],
    [['unset', 'listen.prt'], 64, 'unknown setting "listen.prt"; did you mean listen.port?'],
  ])('refuses %j and writes nothing', async (args, exit, message) => {
    const home = temporaryHome();
    const { code, stderr } = await runCli(['config', ...args, '--home', home]);
    expect([code, stderr]).toEqual([exit, expect.stringContaining(message)]);
    expect(stderr).not.toContain('secret');
    expect(existsSync(join(home, 'trackflow.json'))).toBe(false);
  });
});

describe('trackflow start', () => {
  it('refuses a bad setting with 64 before anything is created', async () => {
    const home = join(temporaryHome(), 'new');
    const { code, stderr } = await runCli(['start', '--home', home, '--port', 'eighty']);
    expect(code).toBe(64);
    expect(stderr).toContain('listen.port is "eighty"');
    expect((await runCli(['start', '--home', home, '--set', 'flush'])).code).toBe(2);
    expect(() => mkdirSync(home)).not.toThrow();
  });
});
