import { expect, test } from 'vitest';
import { dockerError } from '../../../../src/engine/docker/client/docker-error.ts';
import type { DockerHost } from '../../../../src/engine/docker/client/docker-host.ts';

const HOST: DockerHost = { connection: { socketPath: '/d.sock' }, address: 'unix:///d.sock', from: 'the default' };

function failed(code: string): Error {
  return Object.assign(new Error(`connect ${code} /d.sock`), { code });
}

function answered(statusCode: number, message: string): Error {
  return Object.assign(new Error(`(HTTP code ${statusCode}) ${message}`), { statusCode, json: { message } });
}

test.each([
  ['no daemon', failed('ENOENT'), 'TF_DOCKER_UNAVAILABLE', 69, 'systemctl start docker'],
  ['a daemon that is down', failed('ECONNREFUSED'), 'TF_DOCKER_UNAVAILABLE', 69, '--engine embedded'],
  ['no right to the socket', failed('EACCES'), 'TF_PERMISSION', 77, 'usermod -aG docker'],
  ['no answer in time', new DOMException('aborted', 'TimeoutError'), 'TF_TIMEOUT', 75, 'docker info'],
  [
    'a full disk',
    answered(500, 'write /var/lib/docker/tmp/x: no space left on device'),
    'TF_CANNOT_CREATE',
    73,
    'docker system df',
  ],
  [
    'a port that another container has',
    answered(500, 'driver failed: Bind for 127.0.0.1:39213 failed: port is already allocated'),
    'TF_PORT_IN_USE',
    69,
    'ss -ltnp',
  ],
  [
    'a port that another program has',
    answered(500, 'listen tcp4 127.0.0.1:39213: bind: address already in use'),
    'TF_PORT_IN_USE',
    69,
    'ss -ltnp',
  ],
  ['anything else', answered(500, 'the dog ate it'), 'TF_ENGINE_UNAVAILABLE', 69, 'trackflow doctor'],
])('%s has its own error, exit code and next command', (_name, cause, code, exit, hint) => {
  const error = dockerError(cause, 'start the container c', HOST);
  expect({ code: error.code, exit: error.exit }).toEqual({ code, exit });
  expect(error.hints.join('\n')).toContain(hint);
  expect(error.message).not.toContain('HTTP code');
});
