import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findDockerHost } from '../../../../src/engine/docker/client/docker-host.ts';
import { temporaryHome } from '../../../support/temporary-home.ts';

/** A home with a `.docker` folder that names `current` and knows the context `desk`. */
function homeWithContext(current: string): string {
  const home = temporaryHome();
  const meta = join(home, '.docker', 'contexts', 'meta', createHash('sha256').update('desk').digest('hex'));
  mkdirSync(meta, { recursive: true });
  writeFileSync(join(home, '.docker', 'config.json'), JSON.stringify({ auths: {}, currentContext: current }));
  const Endpoints = { docker: { Host: 'unix:///desk/docker.sock', SkipTLSVerify: false } };
  writeFileSync(join(meta, 'meta.json'), JSON.stringify({ Name: 'desk', Metadata: {}, Endpoints }));
  return home;
}

test('what was configured comes before DOCKER_HOST, that before the context, that before the usual sockets', () => {
  const HOME = homeWithContext('desk');
  const env = { HOME, DOCKER_HOST: 'unix:///host.sock' };
  expect(findDockerHost({ configured: 'unix:///mine.sock', env })).toEqual({
    connection: { socketPath: '/mine.sock' },
    address: 'unix:///mine.sock',
    from: 'engine.dockerHost',
  });
  expect(findDockerHost({ configured: '', env })).toMatchObject({ address: 'unix:///host.sock', from: 'DOCKER_HOST' });
  expect(findDockerHost({ configured: '', env: { HOME } })).toMatchObject({
    connection: { socketPath: '/desk/docker.sock' },
    from: 'the context desk',
  });
  expect(findDockerHost({ configured: '', env: { HOME: temporaryHome() } })).toMatchObject({ from: 'the default' });
  const other = { HOME: temporaryHome(), DOCKER_CONFIG: join(HOME, '.docker'), DOCKER_CONTEXT: 'desk' };
  expect(findDockerHost({ configured: '', env: other })).toMatchObject({ address: 'unix:///desk/docker.sock' });
});

test('the socket of a daemon without root rights is found', () => {
  const runtime = temporaryHome();
  writeFileSync(join(runtime, 'docker.sock'), '');
  const { address } = findDockerHost({ configured: '', env: { HOME: runtime, XDG_RUNTIME_DIR: runtime } });
  expect([`unix://${runtime}/docker.sock`, 'unix:///var/run/docker.sock']).toContain(address);
});

test('TCP is spoken on this machine, with the usual port', () => {
  const connection = (configured: string) => findDockerHost({ configured, env: {} }).connection;
  expect(connection('tcp://127.0.0.1:4243')).toEqual({ host: '127.0.0.1', port: 4243 });
  expect(connection('tcp://localhost')).toEqual({ host: 'localhost', port: 2375 });
  expect(connection('tcp://[::1]:2375')).toEqual({ host: '::1', port: 2375 });
});

test.each([
  'tcp://10.0.0.7:2375',
  'ssh://me@host',
  'npipe:////./pipe/docker_engine',
  'unix://',
  '/var/run/docker.sock',
])('%s is refused by name, with what to do instead', (configured) => {
  expect(() => findDockerHost({ configured, env: {} })).toThrow(
    expect.objectContaining({
      code: 'TF_DOCKER_UNAVAILABLE',
      message: expect.stringContaining(`engine.dockerHost names the Docker daemon ${configured}`),
    }),
  );
});

test('a context that is not there is named', () => {
  const HOME = homeWithContext('gone');
  expect(() => findDockerHost({ configured: '', env: { HOME } })).toThrow(
    expect.objectContaining({ code: 'TF_CONFIG', message: expect.stringContaining('"gone"') }),
  );
});
