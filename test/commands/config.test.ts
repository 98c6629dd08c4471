import { mkdirSync, writeFileSync } from 'node:fs';
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
