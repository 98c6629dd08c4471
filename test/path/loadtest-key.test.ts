import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Report } from '../../src/loadtest/report/report.ts';
import { runCli } from '../support/cli.ts';
import { startDaemon, type TestDaemon } from '../support/daemon.ts';

/** A start of a daemon and of its engine, and several commands. */
const TEST_MS = 180_000;

describe('a load test of an instance that asks for keys', { timeout: TEST_MS }, () => {
  let daemon: TestDaemon;
  beforeAll(async () => {
    daemon = await startDaemon({ settings: { 'access.write': 'key' } });
  }, TEST_MS);
  afterAll(() => daemon[Symbol.asyncDispose]());

  /** A key of a kind, which the collectors know by now, and the file that it is in. */
  async function keyFile(kind: string, account?: string): Promise<{ readonly key: string; readonly file: string }> {
    const scope = account === undefined ? [] : ['--account', account];
    const { stdout } = await runCli(['keys', 'create', kind, ...scope, '--home', daemon.home, '--json']);
    const { key } = JSON.parse(stdout) as { readonly key: string };
    const authorization = `Bearer ${key}`;
    await daemon.until(async () => {
      const answer = await daemon.post({}, { headers: { authorization } });
      await answer.arrayBuffer();
      return answer.status !== 401;
    });
    const file = path.join(daemon.home, `${kind}${account ?? ''}.key`);
    fs.writeFileSync(file, `${key}\n`, { mode: 0o600 });
    return { key, file };
  }

  const loadtest = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    runCli(['loadtest', '--rate', '200/s', '--duration', '2s', '--bad-rate', '0', ...args, '--home', daemon.home], {
      env,
    });

  /** What the run has written beside the file of the key, as text. */
  const written = ({ plan }: Report) => {
    const folder = path.join(daemon.home, 'loadtest', plan.run);
    return fs.readdirSync(folder).map((name) => fs.readFileSync(path.join(folder, name), 'latin1'));
  };

  it.each([
    ['server', 'a flag'],
    ['write', 'a variable'],
  ])('passes with a %s key that %s names, over HTTP and WebSocket, and writes it nowhere', async (kind, how) => {
    const { key, file } = await keyFile(kind);
    const { stdout, stderr } = await (how === 'a flag'
      ? loadtest(['--json', '--key-file', file])
      : loadtest(['--json'], { TRACKFLOW_LOADTEST_KEY_FILE: file }));
    const report = JSON.parse(stdout) as Report;
    expect(report.ledger, stderr).toMatchObject({ missing: 0, duplicate: 0, phantom: 0, corrupt: 0 });
    expect(report.ledger!.acknowledged).toBeGreaterThan(200);
    // A handshake that is refused is a mismatch.
    expect(report.outcomes).toMatchObject({ rejected: 0, mismatch: 0 });
    expect(report.rejectedBy).not.toHaveProperty('unauthorized');
    const secret = key.slice(-43);
    expect([stdout, stderr, daemon.log(10_000), ...written(report)].filter((text) => text.includes(secret))).toEqual(
      [],
    );
  });

  it('says before it begins that its key is missing, wrong or for something else', async () => {
    const folder = path.join(daemon.home, 'loadtest');
    const runs = () => (fs.existsSync(folder) ? fs.readdirSync(folder).sort() : []);
    const before = runs();
    const refused = async (said: RegExp, ...args: string[]) =>
      expect(await loadtest(args)).toMatchObject({ code: 77, stderr: expect.stringMatching(said) });
    await refused(/401 This needs a key[\s\S]*--key-file FILE/);
    const traffic = await runCli(['loadtest', '--traffic', '--home', daemon.home]);
    expect(traffic).toMatchObject({ code: 77, stderr: expect.stringMatching(/401 This needs a key/) });
    await refused(/403 The key is not for this\.[\s\S]*for all accounts/, '--key-file', (await keyFile('read')).file);
    const { key, file } = await keyFile('write', 'shop');
    await refused(/403 The key is not for this account/, '--key-file', file);
    fs.writeFileSync(
      file,
      key.replace(/.$/, (last) => (last === 'a' ? 'b' : 'a')),
    );
    await refused(/401 The key or token is not known/, '--key-file', file);
    fs.chmodSync(file, 0o644);
    await refused(/--key-file .* can be read by others/, '--key-file', file);
    expect(runs()).toEqual(before);
  });

  it('refuses a file that holds something else', async () => {
    const file = path.join(daemon.home, 'two-lines.key');
    fs.writeFileSync(file, 'tf_sk_1\r\nHost: elsewhere\n', { mode: 0o600 });
    const { code, stderr } = await loadtest(['--key-file', file]);
    expect([code, stderr]).toEqual([65, expect.stringMatching(/holds no key; allowed is one line/)]);
    expect(stderr).not.toContain('elsewhere');
  });
});
