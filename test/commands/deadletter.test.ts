import { describe, expect, it } from 'vitest';
import { runCli } from '../support/cli.ts';
import { controlServer } from '../support/control-server.ts';
import { temporaryHome } from '../support/temporary-home.ts';

const BATCH = '000000000000002a';
const letter = {
  batch: BATCH,
  lane: 'events',
  rows: 3,
  bytes: 2048,
  reason: 'Cannot parse\n',
  at: '2026-01-01T00:00:00.000Z',
};

describe('trackflow deadletter', () => {
  it('lists batches with their reason', async () => {
    const home = temporaryHome();
    await controlServer(home, { 'GET /deadletters': { json: { deadLetters: [letter] } } });
    const { code, stdout } = await runCli(['deadletter', 'list', '--home', home]);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`${BATCH} +events +3 +2.0 KiB +2026-01-01T00:00:00.000Z +Cannot parse\\\\n`));
    const { stdout: json } = await runCli(['deadletter', 'list', '--home', home, '--json']);
    expect(JSON.parse(json)).toEqual({ schema: 'trackflow.deadletters/1', deadLetters: [letter] });
  });

  it('replays named batches, or all of them', async () => {
    const home = temporaryHome();
    const server = await controlServer(home, { 'POST /deadletters/replay': { json: { replayed: 1 } } });
    const named = await runCli(['deadletter', 'replay', BATCH, '--home', home, '--json']);
    expect(JSON.parse(named.stdout)).toEqual({ schema: 'trackflow.deadletter-replay/1', replayed: 1 });
    await runCli(['deadletter', 'replay', '--all', '--home', home]);
    expect(server.calls.map(({ body }) => body)).toEqual([{ batches: [BATCH] }, { batches: 'all' }]);
  });

  it('deletes only what is named and confirmed', async () => {
    const home = temporaryHome();
    const server = await controlServer(home, { 'POST /deadletters/drop': { json: { dropped: 1 } } });
    for (const args of [
      ['drop', BATCH],
      ['drop', '--yes'],
      ['drop', BATCH, '--all', '--yes'],
      ['drop', 'x', '--yes'],
    ]) {
      const { code, stdout } = await runCli(['deadletter', ...args, '--home', home]);
      expect([code, stdout]).toEqual([2, '']);
    }
    expect(server.calls).toEqual([]);
    expect((await runCli(['deadletter', 'drop', BATCH, '--yes', '--home', home])).code).toBe(0);
    expect(server.calls).toEqual([{ route: 'POST /deadletters/drop', body: { batches: [BATCH] } }]);
  });
});
