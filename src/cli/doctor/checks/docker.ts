import { existsSync } from 'node:fs';
import { request } from 'node:http';
import { errnoOf } from '../../../errors/file-error.ts';
import { type Finding, type Patient, pass, skip } from '../check.ts';

const SOCKET = '/var/run/docker.sock';
const UNIX = 'unix://';
const TIMEOUT_MS = 2_000;

/** Whether a Docker daemon answers. TrackFlow runs without one, so its absence is no finding. */
export async function docker({ instance }: Patient): Promise<Finding> {
  const host = instance.env.DOCKER_HOST || `${UNIX}${SOCKET}`;
  if (!host.startsWith(UNIX)) return skip('DOCKER_HOST is no socket of this machine; not needed');
  const path = host.slice(UNIX.length);
  if (!existsSync(path)) return skip(`no ${path}; not needed`);
  try {
    return pass(`${path} answers, API ${await ping(path)}`);
  } catch (cause) {
    return skip(`${path} does not answer (${errnoOf(cause) || (cause as Error).message}); not needed`);
  }
}

/** The version of the API. */
function ping(socketPath: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, path: '/_ping', timeout: TIMEOUT_MS }, (answer) => {
      answer.resume();
      if (answer.statusCode === 200) resolve(String(answer.headers['api-version'] ?? 'unknown'));
      else reject(new Error(`status ${answer.statusCode}`));
    });
    call.on('timeout', () => call.destroy(new Error('no answer in time')));
    call.on('error', reject);
    call.end();
  });
}
