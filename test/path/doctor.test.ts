import { randomBytes } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { controlSocketPath } from '../../src/control/socket-path.ts';
import { runCli } from '../support/cli.ts';
import { startDaemon, type TestDaemon } from '../support/daemon.ts';
import { secretsOf } from '../support/secrets.ts';

const doctor = async (daemon: TestDaemon, ...flags: string[]) => {
  const { code, stdout } = await runCli(['doctor', '--home', daemon.home, '--json', ...flags]);
  return {
    code,
    ...(JSON.parse(stdout) as { fixed: string[]; checks: { id: string; verdict: string; seen: string }[] }),
  };
};

test('doctor finds nothing wrong with a daemon that runs, and mends what kill -9 leaves', async () => {
  await using daemon = await startDaemon();
  const running = await doctor(daemon);
  const verdicts = Object.fromEntries(running.checks.map(({ id, verdict }) => [id, verdict]));
  expect(verdicts).toMatchObject({
    'control-socket': 'pass',
    'config-running': 'pass',
    'engine-ports': 'pass',
    'engine-health': 'pass',
    clock: 'pass',
    schema: 'pass',
    spool: 'pass',
    leftovers: 'pass',
    'home-permissions': 'pass',
  });
  expect(Object.values(verdicts)).not.toContain('fail');

  await daemon.kill();
  const file = join(daemon.home, 'run', 'daemon.json');
  const socket = controlSocketPath(daemon.home);
  expect((await doctor(daemon)).code).toBe(1);
  expect(await doctor(daemon, '--fix')).toMatchObject({ code: 0, fixed: [`removed ${file}`, `removed ${socket}`] });
  expect([existsSync(file), existsSync(socket)]).toEqual([false, false]);
  await daemon.start();
  expect((await daemon.status()).state).toBe('running');
});

test('a bundle holds what helps and no secret of the home, wherever it was written', async () => {
  await using daemon = await startDaemon();
  const event = `event-${randomBytes(8).toString('hex')}`;
  await daemon.post({ name: event, user_id: event, properties: { secret_of: event } });
  await daemon.drained();
  await daemon.control.query(`SELECT '${event}' FROM nothing`).catch(() => {});
  const secrets = secretsOf(daemon.home);
  expect(secrets.length).toBeGreaterThan(4);
  const logged = secrets.map(
    (secret) => `{"a":"${secret}"} http://u:${secret}@host/?password=${encodeURIComponent(secret)}`,
  );
  const log = join(daemon.home, 'logs', 'daemon.out.log');
  appendFileSync(log, `${logged.join('\n')}\nhttps://admin:hunter2@db/ token=abcdef\n`);

  const file = join(daemon.home, 'bundle.tar.gz');
  await doctor(daemon, '--bundle', file);
  const archive = gunzipSync(readFileSync(file)).toString('latin1');
  for (const part of [
    'doctor.json',
    'config.json',
    '"flush.rowsMax"',
    'trackflow_events_accepted_total',
    'listening',
  ]) {
    expect(archive).toContain(part);
  }
  for (const secret of [...secrets, 'hunter2', 'abcdef', event]) expect(archive).not.toContain(secret);
  expect(archive).toContain('https://[redacted]@db/');
  truncateSync(log);
});
