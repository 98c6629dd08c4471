import { expect, it } from 'vitest';
import { changeTask } from '../../../../src/cli/dash/task-action.ts';
import { ControlClient } from '../../../../src/control/client.ts';
import { controlServer } from '../../../support/control-server.ts';
import { temporaryHome } from '../../../support/temporary-home.ts';

async function answering(route: string, status: number, json: object) {
  const home = temporaryHome();
  const { calls } = await controlServer(home, { [`POST ${route}`]: { status, json } });
  return { calls, control: new ControlClient(home, new AbortController().signal) };
}

it('has the daemon do it, and says what became of it', async () => {
  const retried = await answering('/tasks/12/retry', 200, { task: { id: '12', state: 'queued' }, changed: true });
  expect(await changeTask(retried.control, { action: 'retry', task: '12' })).toBe('task 12 is queued');
  expect(retried.calls.map(({ route }) => route)).toEqual(['POST /tasks/12/retry']);

  const running = await answering('/tasks/12/cancel', 200, { task: { id: '12', state: 'running' }, changed: true });
  expect(await changeTask(running.control, { action: 'cancel', task: '12' })).toBe(
    'task 12 ends at its next checkpoint',
  );
  const again = await answering('/tasks/12/cancel', 200, { task: { id: '12', state: 'cancelled' }, changed: false });
  expect(await changeTask(again.control, { action: 'cancel', task: '12' })).toBe('task 12 is cancelled already');
});

it('says why it was not done', async () => {
  const error = {
    code: 'TF_INPUT',
    message: 'task 12 is done: there is nothing to cancel',
    hints: ['trackflow tasks'],
  };
  const refused = await answering('/tasks/12/cancel', 400, { error });
  expect(await changeTask(refused.control, { action: 'cancel', task: '12' })).toBe(
    'not done: task 12 is done: there is nothing to cancel (trackflow tasks)',
  );
  const nobody = new ControlClient(temporaryHome(), new AbortController().signal);
  expect(await changeTask(nobody, { action: 'retry', task: '12' })).toMatch(/no TrackFlow runs in .*start/);
});
