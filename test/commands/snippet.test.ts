import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli } from '../support/cli.ts';
import { temporaryHome } from '../support/temporary-home.ts';

describe('trackflow snippet', () => {
  it('prints the tag alone on stdout, for the address that the next start will have', async () => {
    const { code, stdout, stderr } = await runCli(['snippet', '--home', temporaryHome(), '--site', 'shop']);
    expect(stdout).toBe('<script defer src="http://127.0.0.1:8080/trackflow.js" data-site="shop"></script>\n');
    expect(stderr).toContain('nothing runs here: the next start would listen on http://127.0.0.1:8080\n');
    expect(stderr).toMatch(/<head> of every page:\n$/);
    expect(code).toBe(0);
  });

  it.each([
    ['react', '<script async src="https://c.example/trackflow.js" data-site="shop" data-options="links forms" />'],
    ['next', '<Script strategy="afterInteractive" src="https://c.example/trackflow.js" data-site="shop"'],
    ['vue', '<script defer src="https://c.example/trackflow.js" data-site="shop" data-options="links forms"></script>'],
    ['svelte', '<script defer src="https://c.example/trackflow.js"'],
    ['gtm', 'script.setAttribute("data-options", "links forms");'],
  ])('prints what is pasted with %s', async (framework, expected) => {
    const args = [
      '--site',
      'shop',
      '--options',
      'links,forms',
      '--url',
      'https://c.example/',
      '--framework',
      framework,
    ];
    const { stdout } = await runCli(['snippet', '--home', temporaryHome(), ...args]);
    expect(stdout).toContain(expected);
  });

  it('prints the hash, a URL that may be kept for ever, and as JSON all of it', async () => {
    const { stdout } = await runCli(['snippet', '--home', temporaryHome(), '--sri', '--options', 'links', '--json']);
    const report = JSON.parse(stdout) as Record<string, string>;
    expect(report).toMatchObject({
      schema: 'trackflow.snippet/1',
      framework: 'html',
      src: expect.stringMatching(/\/trackflow\.[0-9a-f]{8}\.js$/),
      collectUrl: 'http://127.0.0.1:8080/v1/events',
      integrity: expect.stringMatching(/^sha384-/),
      options: ['links'],
    });
    expect(report.snippet).toContain(
      '<script type="importmap">{"integrity":{"http://127.0.0.1:8080/trackflow.links.js":',
    );
  });

  it('escapes what it is given for where it stands', async () => {
    const site = '"></script><script>alert(1)</script>';
    for (const framework of ['html', 'react', 'gtm']) {
      const { stdout } = await runCli(['snippet', '--home', temporaryHome(), '--site', site, '--framework', framework]);
      expect(stdout).not.toContain('<script>alert');
      expect(stdout).not.toContain('"></script><');
    }
  });

  it('knows what was renamed', async () => {
    const home = temporaryHome();
    const tracker = { path: '/x.js', collectPath: '/y', attributePrefix: 'data-z-' };
    writeFileSync(join(home, 'trackflow.json'), JSON.stringify({ tracker }));
    const { stdout } = await runCli(['snippet', '--home', home, '--site', 'shop']);
    expect(stdout).toContain('<script defer src="http://127.0.0.1:8080/x.js" data-z-site="shop">');
  });

  it.each([
    [['--options', 'vitas'], 'there is no option "vitas"; allowed: 404, clicks'],
    [['--site', 'x'.repeat(65)], 'at most 64 bytes'],
    [['--site', 'a\u001bb'], 'is no account'],
    [['--url', 'collect.example'], 'write https://collect.example'],
  ])('refuses %j with exit code 2', async (args, message) => {
    const { code, stdout, stderr } = await runCli(['snippet', '--home', temporaryHome(), ...args]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('\u001bb');
  });

  it('says that the port is not known before the first start, where any will do', async () => {
    const env = { TRACKFLOW_LISTEN_PORT: '0' };
    const { code, stderr } = await runCli(['snippet', '--home', temporaryHome()], { env });
    expect(code).toBe(3);
    expect(stderr).toContain('--url');
  });
});
