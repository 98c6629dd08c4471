import { describe, expect, it } from 'vitest';
import { ControlClient } from '../../../src/control/client.ts';
import { controlServer, statusOf } from '../../support/control-server.ts';
import { temporaryHome } from '../../support/temporary-home.ts';

const never = new AbortController().signal;

describe('ControlClient', () => {
  it('brings the status, also where the path of the socket has to be short', async () => {
    for (const home of [temporaryHome(), `${temporaryHome()}/${'d'.repeat(110)}`]) {
      await controlServer(home);
      expect(await new ControlClient(home, never).status()).toEqual(statusOf(home));
    }
  });

  it('says that nothing runs when there is no socket, and when nobody listens on it', async () => {
    const home = temporaryHome();
    const client = new ControlClient(home, never);
    await expect(client.status()).rejects.toMatchObject({
      code: 'TF_NOT_RUNNING',
      hints: expect.arrayContaining(['trackflow start']),
    });
    const server = await controlServer(home);
    await server.close();
    await expect(client.status()).rejects.toMatchObject({ code: 'TF_NOT_RUNNING' });
  });

  it('passes an error of the daemon on with its code and hints', async () => {
    const home = temporaryHome();
    const error = { code: 'TF_QUERY', message: 'no such column', hints: ['DESCRIBE events'] };
    await controlServer(home, { 'POST /query': { status: 400, json: { error } } });
    await expect(new ControlClient(home, never).query('SELECT x')).rejects.toMatchObject(error);
  });

  it.each([
    ['an unknown code', { status: 500, json: { error: { code: 'TF_FUTURE', message: 'm' } } }, 'TF_FAILED'],
    ['an error that is not ours', { status: 500, json: { error: 'x' } }, 'TF_STATE_UNKNOWN'],
    ['an answer that is not JSON', { text: '<html>' }, 'TF_STATE_UNKNOWN'],
  ])('makes %s an error of the catalogue', async (_, answer, code) => {
    const home = temporaryHome();
    await controlServer(home, { 'GET /status': answer });
    await expect(new ControlClient(home, never).status()).rejects.toMatchObject({ code });
  });

  it('gives up on a daemon that does not answer', async () => {
    const home = temporaryHome();
    await controlServer(home, { 'GET /status': 'hang' });
    await expect(new ControlClient(home, never).status()).rejects.toMatchObject({ code: 'TF_TIMEOUT' });
  });

  it('gives up on a stream that does not begin, and ends one that has begun with the reason of its signal', async () => {
    const home = temporaryHome();
    await controlServer(home, { 'GET /stream': 'hang' });
    await expect(new ControlClient(home, never).stream(never).next()).rejects.toMatchObject({ code: 'TF_TIMEOUT' });
    const other = temporaryHome();
    await controlServer(other, { 'GET /stream': { text: '{"type":"history"}\n', open: true } });
    const ended = new AbortController();
    const lines = new ControlClient(other, never).stream(ended.signal);
    expect((await lines.next()).value).toEqual({ type: 'history' });
    ended.abort(new Error('enough'));
    await expect(lines.next()).rejects.toThrow('enough');
  });

  it('calls an answer that breaks off unknown', async () => {
    const home = temporaryHome();
    await controlServer(home, { 'GET /status': { text: '{"state":', cut: true } });
    await expect(new ControlClient(home, never).status()).rejects.toMatchObject({ code: 'TF_STATE_UNKNOWN' });
  });

  it('ends a call with the reason of its signal', async () => {
    const home = temporaryHome();
    const controller = new AbortController();
    const server = await controlServer(home, { 'POST /query': 'hang' });
    const call = new ControlClient(home, controller.signal).query('SELECT 1');
    await expect.poll(() => server.calls.length).toBe(1);
    controller.abort(new Error('enough'));
    await expect(call).rejects.toThrow('enough');
  });
});
