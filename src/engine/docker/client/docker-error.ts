import { TrackflowError } from '../../../errors/error.ts';
import { errnoOf } from '../../../errors/file-error.ts';
import type { DockerHost } from './docker-host.ts';

/**
 * What a failed call to Docker means to the person: the one place that decides. `action` is the infinitive (`start the
 * container trackflow-1a2b`). What Docker says in words is recognised by them: it has no codes.
 */
export function dockerError(cause: unknown, action: string, host: DockerHost): TrackflowError {
  if (cause instanceof TrackflowError) return cause;
  const said = reasonOf(cause);
  const errno = errnoOf(cause);
  if (errno === 'EACCES' || errno === 'EPERM') {
    return new TrackflowError('TF_PERMISSION', `this user may not use the Docker daemon at ${host.address}`, {
      hints: [
        'sudo usermod -aG docker "$USER", then log in again',
        'without Docker: trackflow start --engine embedded',
      ],
      cause,
    });
  }
  if (UNREACHABLE.includes(errno)) return unreachable(host, errno, cause);
  if (isTimeout(cause)) {
    return new TrackflowError('TF_TIMEOUT', `Docker at ${host.address} did not ${action} in time`, {
      hints: ['see whether it answers: docker info', 'trackflow doctor'],
      cause,
    });
  }
  const found = SAID.find(([pattern]) => pattern.test(said));
  if (found !== undefined) return found[1](action, said, cause);
  return new TrackflowError('TF_ENGINE_UNAVAILABLE', `Docker could not ${action}: ${said}`, {
    hints: ['trackflow engine status', 'trackflow doctor'],
    cause,
  });
}

/** HTTP status of what Docker answered; 0 when the failure is none of its answers. */
export function statusOf(cause: unknown): number {
  const status = cause instanceof Error && 'statusCode' in cause ? cause.statusCode : 0;
  return typeof status === 'number' ? status : 0;
}

/** Whether a container could not start because this Docker may not raise limits of processes (rootless, or itself confined). */
export function refusesLimits(cause: unknown): boolean {
  return cause instanceof TrackflowError && /setting rlimit/.test(cause.message);
}

/** An image that is neither here nor to be had. */
export function imageMissing(image: string, why: string, cause?: unknown): TrackflowError {
  return new TrackflowError('TF_IMAGE_MISSING', `the image ${image} is not on this machine, and ${why}`, {
    hints: [
      `docker pull ${image} shows what stands in the way`,
      'without network: docker load -i FILE with an image that was saved elsewhere, then this again',
      'another image that is here (docker image ls): --image NAME',
    ],
    cause,
  });
}

const UNREACHABLE = ['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOTSOCK', 'EHOSTUNREACH', 'ENOTFOUND'];

function unreachable(host: DockerHost, errno: string, cause: unknown): TrackflowError {
  const message = `no Docker daemon answers at ${host.address} (${errno}; named by ${host.from})`;
  return new TrackflowError('TF_DOCKER_UNAVAILABLE', message, {
    hints: [
      'start it: sudo systemctl start docker (macOS: open -a Docker)',
      'name another one: DOCKER_HOST=unix:///PATH, or engine.dockerHost in the configuration',
      'without Docker: trackflow start --engine embedded',
    ],
    cause,
  });
}

type Said = (action: string, said: string, cause: unknown) => TrackflowError;

const SAID: readonly (readonly [RegExp, Said])[] = [
  [
    /no space left on device|disk quota exceeded/i,
    (action, said, cause) =>
      new TrackflowError('TF_CANNOT_CREATE', `Docker could not ${action}, its disk is full: ${said}`, {
        hints: ['see what takes the room: docker system df', 'free it: docker system prune'],
        cause,
      }),
  ],
  [
    /port is already allocated|address already in use|ports are not available/i,
    (action, said, cause) =>
      new TrackflowError('TF_PORT_IN_USE', `Docker could not ${action}, a port is taken: ${said}`, {
        hints: ['see who has it: ss -ltnp', 'trackflow stop, then trackflow start: it chooses another one'],
        cause,
      }),
  ],
];

function isTimeout(cause: unknown): boolean {
  return cause instanceof Error && (cause.name === 'TimeoutError' || cause.name === 'AbortError');
}

function reasonOf(cause: unknown): string {
  const json = cause instanceof Error && 'json' in cause ? cause.json : undefined;
  const message = typeof json === 'object' && json !== null && 'message' in json ? json.message : undefined;
  if (typeof message === 'string') return message.trim();
  return cause instanceof Error ? cause.message : String(cause);
}
