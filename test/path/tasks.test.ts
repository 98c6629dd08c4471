import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../support/cli.ts';
import { startDaemon, type TestDaemon } from '../support/daemon.ts';

const DAY_MS = 86_400_000;

describe('tasks of a daemon', () => {
  let daemon: TestDaemon;
  beforeAll(async () => {
    daemon = await startDaemon({ settings: { 'events.retentionDays': 100 } });
  });
  afterAll(() => daemon[Symbol.asyncDispose]());

  const cli = (...args: string[]) => runCli([...args, '--home', daemon.home]);

  it('recurring ones are listed before they have run', async () => {
    const { stdout } = await cli('tasks', 'list', '--json');
    const { schedules } = JSON.parse(stdout) as { schedules: { kind: string; nextAt: string }[] };
    expect(schedules.map(({ kind }) => kind)).toEqual(['salt-rotation', 'retention']);
    for (const { nextAt } of schedules) expect(Date.parse(nextAt)).toBeGreaterThan(Date.now());
  });

  it('retention can be run now, and says what it did', async () => {
    const at = (days: number) => ({ name: 'x', occurred_at: Date.now() - days * DAY_MS });
    await daemon.post([at(300), at(200), at(1)]);
    await daemon.drained();
    const { code, stdout } = await cli('tasks', 'run', 'retention', '--json');
    expect(code).toBe(0);
    const { task } = JSON.parse(stdout) as { task: { id: string } };
    await daemon.until(async () => (await daemon.control.task(Number(task.id))).state === 'done');
    const [left] = await daemon.query('SELECT toUInt32(count()) AS rows FROM events');
    expect(left).toEqual({ rows: 1 });
    const shown = await cli('tasks', 'show', task.id);
    expect(shown.stdout).toMatch(/drop-months +done +\{"month":"\d{6}"\}/);
    expect(shown.stdout).toMatch(/retention_dropped month="\d{6}" rows=1/);
    const list = await cli('tasks', 'list', '--kind', 'retention');
    expect(list.stdout).toMatch(/retention +done +██████████ 100%/);
    expect((await cli('tasks', 'retry', task.id)).code).toBe(65);
    expect((await cli('tasks', 'cancel', task.id)).code).toBe(65);
  });

  it('are in the stream', async () => {
    for await (const line of daemon.control.stream(AbortSignal.timeout(10_000))) {
      if (line.type !== 'history') continue;
      expect(line.tasks[0]).toMatchObject({ kind: 'retention', state: 'done', progress: 1 });
      return;
    }
    expect.unreachable('no history came');
  });

  it('are there after a kill', async () => {
    const before = await daemon.control.tasks();
    await daemon.kill();
    await daemon.start();
    expect((await daemon.control.tasks()).tasks.map(({ id }) => id)).toEqual(before.tasks.map(({ id }) => id));
  });
});

it('retention cannot be run while events are kept for ever', async () => {
  await using daemon = await startDaemon();
  const { code, stderr } = await runCli(['tasks', 'run', 'retention', '--home', daemon.home]);
  expect(code).toBe(65);
  expect(stderr).toContain('events.retentionDays is 0');
});
