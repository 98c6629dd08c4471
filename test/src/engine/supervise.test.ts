import { afterEach, describe, expect, test } from 'vitest';
import { type Death, Supervisor } from '../../../src/engine/supervise.ts';
import { until } from '../../support/until.ts';

const WAIT_MS = 10_000;

let supervisor: Supervisor;
let deaths: Death[] = [];
let restarts = 0;
let clock = 0;

afterEach(() => supervisor.close(1_000));

function supervise(script: string): void {
  deaths = [];
  restarts = 0;
  supervisor = new Supervisor({
    args: ['-e', script],
    now: () => clock,
    onDeath: (death) => deaths.push(death),
    onRestart: () => restarts++,
  });
  supervisor.start();
}

describe('a supervised process', () => {
  test('is started again after a pause that doubles, and its last words are kept', async () => {
    supervise(`console.error('because'); process.exitCode = 7`);
    await until(() => deaths.length === 3, WAIT_MS);
    expect(deaths.map(({ restartInMs }) => restartInMs)).toEqual([200, 400, 800]);
    expect(deaths[0]).toMatchObject({ code: 7, signal: null, output: 'because' });
    expect(restarts).toBe(2);
  });

  test('is started again quickly once it was healthy for a minute', async () => {
    supervise('process.stdin.resume()');
    const kill = async () => {
      const before = deaths.length;
      await until(() => supervisor.pid !== 0, WAIT_MS);
      process.kill(supervisor.pid, 'SIGKILL');
      await until(() => deaths.length > before, WAIT_MS);
    };
    await kill();
    await kill();
    await until(() => supervisor.pid !== 0, WAIT_MS);
    supervisor.healthy();
    clock += 60_000;
    await kill();
    expect(deaths.map(({ restartInMs }) => restartInMs)).toEqual([200, 400, 200]);
  });

  test('ends by itself when it is closed, and is not started again', async () => {
    supervise(`process.stdin.on('end', () => process.exit(0)).resume()`);
    await supervisor.close(WAIT_MS);
    expect(supervisor.pid).toBe(0);
    expect(deaths).toEqual([]);
  });

  test('may be closed between a death and the restart', async () => {
    supervise('process.exitCode = 1');
    await until(() => deaths.length === 1, WAIT_MS);
    await supervisor.close(1_000);
    expect(supervisor.pid).toBe(0);
    expect(restarts).toBe(0);
  });
});
