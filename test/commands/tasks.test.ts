import { describe, expect, it } from 'vitest';
import { runCli } from '../support/cli.ts';
import { type Answer, controlServer } from '../support/control-server.ts';
import { temporaryHome } from '../support/temporary-home.ts';

const AT = '2026-11-21T03:00:00.000Z';
const TOMORROW = '2026-11-22T03:00:00.000Z';

const running = {
  id: '12',
  kind: 'retention',
  state: 'running',
  progress: 0.718,
  step: 'drop-months',
  error: '',
  createdAt: AT,
  finishedAt: null,
  nextAt: TOMORROW,
};
const failed = {
  ...running,
  id: '11',
  state: 'failed',
  progress: null,
  error: 'no\u001b[31m room',
  finishedAt: AT,
  nextAt: null,
};
const schedule = { kind: 'retention', everySeconds: 86_400, nextAt: TOMORROW };
const report = {
  ...failed,
  params: {},
  scheduled: true,
  attempts: 5,
  dueAt: AT,
  startedAt: AT,
  steps: [
    { name: 'drop-months', checkpoint: { month: '202601' }, startedAt: AT, finishedAt: AT },
    { name: 'delete-rest', checkpoint: null, startedAt: AT, finishedAt: null },
  ],
  log: [{ at: AT, level: 'warn', event: 'task_retried', fields: { error: 'no\n', waitMs: 5_000 } }],
};

async function serve(answers: Readonly<Record<string, Answer>>) {
  const home = temporaryHome();
  const server = await controlServer(home, answers);
  return { home, calls: server.calls };
}

const refused: Answer = {
  status: 400,
  json: { error: { code: 'TF_INPUT', message: 'there is no task 99', hints: ['trackflow tasks list'] } },
};

describe('trackflow tasks list', () => {
  it('shows state, progress and error of each task, and when the recurring ones are next', async () => {
    const { home } = await serve({ 'GET /tasks?': { json: { tasks: [running, failed], schedules: [schedule] } } });
    const { code, stdout, stderr } = await runCli(['tasks', 'list', '--home', home]);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^12 +retention +running +███████░░░ 71% +drop-months +2026-11-2\d \d\d:00:00$/m);
    expect(stdout).toMatch(/^11 +retention +failed +drop-months +2026-11-2\d \d\d:00:00 +no\\u\{1b\}\[31m room$/m);
    expect(stdout).toMatch(/^retention +2026-11-2\d \d\d:00:00 \((due|in \d.*)\) +1d$/m);
  });

  it('asks for one state or kind, and gives the document with --json', async () => {
    const { home } = await serve({
      'GET /tasks?state=failed&kind=retention': { json: { tasks: [failed], schedules: [] } },
    });
    const args = ['tasks', 'list', '--home', home, '--state', 'failed', '--kind', 'retention', '--json'];
    const { code, stdout } = await runCli(args);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ schema: 'trackflow.tasks/1', tasks: [failed], schedules: [] });
    expect((await runCli(['tasks', 'list', '--home', home, '--state', 'lost'])).code).toBe(2);
  });

  it('says so when there are none, and cuts a long list', async () => {
    const { home } = await serve({ 'GET /tasks?': { json: { tasks: [], schedules: [] } } });
    expect((await runCli(['tasks', 'list', '--home', home])).stdout).toBe('no tasks\n');
    const many = Array.from({ length: 35 }, (_, n) => ({ ...failed, id: String(n + 1) }));
    const long = await serve({ 'GET /tasks?': { json: { tasks: many, schedules: [] } } });
    const { stdout } = await runCli(['tasks', 'list', '--home', long.home]);
    expect(stdout.match(/retention/g)).toHaveLength(30);
    expect(stdout).toContain('and 5 older ones');
  });
});

describe('trackflow tasks show', () => {
  it('shows steps, checkpoints, error and log', async () => {
    const { home } = await serve({ 'GET /tasks/11': { json: report } });
    const { code, stdout } = await runCli(['tasks', 'show', '11', '--home', home]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/drop-months +done +\{"month":"202601"\}/);
    expect(stdout).toMatch(/delete-rest +begun$/m);
    expect(stdout).toMatch(/started +2026-11-2\d \d\d:00:00$/m);
    expect(stdout).toMatch(/error +no\\u\{1b\}\[31m room/);
    expect(stdout).toMatch(/warn +task_retried error="no\\n" waitMs=5000/);
    const json = await runCli(['tasks', 'show', '11', '--home', home, '--json']);
    expect(JSON.parse(json.stdout)).toEqual({ schema: 'trackflow.task/1', ...report });
  });

  it('of one that is not there says where they are listed', async () => {
    const { home } = await serve({ 'GET /tasks/99': refused });
    const { code, stdout, stderr } = await runCli(['tasks', 'show', '99', '--home', home]);
    expect([code, stdout]).toEqual([65, '']);
    expect(stderr).toContain('there is no task 99');
    expect(stderr).toContain('tasks list');
  });
});

describe('trackflow tasks retry, cancel and run', () => {
  it.each([
    [['retry', '11'], 'POST /tasks/11/retry', 'queued', true, 'task 11 is queued again\n'],
    [['retry', '11'], 'POST /tasks/11/retry', 'queued', false, 'task 11 is queued already\n'],
    [['cancel', '11'], 'POST /tasks/11/cancel', 'running', true, 'task 11 ends at its next checkpoint\n'],
    [['cancel', '11'], 'POST /tasks/11/cancel', 'cancelled', true, 'task 11 is cancelled\n'],
    [['run', 'retention'], 'POST /tasks', 'queued', true, 'task 11 is queued\n'],
  ])('%j', async (args, route, state, changed, said) => {
    const change = { task: { ...failed, state }, changed };
    const { home, calls } = await serve({ [route]: { json: change } });
    const { code, stdout } = await runCli(['tasks', ...args, '--home', home]);
    expect([code, stdout]).toEqual([0, said]);
    const json = await runCli(['tasks', ...args, '--home', home, '--json']);
    expect(JSON.parse(json.stdout)).toEqual({ schema: 'trackflow.task-change/1', ...change });
    expect(calls.map((call) => call.route)).toEqual([route, route]);
  });

  it('refuse what cannot be a task before they ask', async () => {
    const { home, calls } = await serve({});
    for (const args of [['retry', 'x'], ['cancel', '0'], ['show', '-1'], ['retry'], ['run']]) {
      const { code, stdout } = await runCli(['tasks', ...args, '--home', home]);
      expect([args, code, stdout]).toEqual([args, 2, '']);
    }
    expect(calls).toEqual([]);
  });

  it('need a daemon', async () => {
    for (const args of [['list'], ['show', '1'], ['retry', '1'], ['cancel', '1'], ['run', 'retention']]) {
      const { code, stderr } = await runCli(['tasks', ...args, '--home', temporaryHome()]);
      expect([args, code]).toEqual([args, 3]);
      expect(stderr).toContain('start');
    }
  });
});
