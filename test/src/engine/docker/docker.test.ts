import { createServer, type RequestListener } from 'node:http';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Docker } from '../../../../src/engine/docker/client/docker.ts';
import { type PullProgress, pullImage } from '../../../../src/engine/docker/client/pull.ts';
import { temporaryHome } from '../../../support/temporary-home.ts';

/** Something at a socket that is not Docker, or a Docker that has its troubles. */
async function dockerThat(answers: RequestListener): Promise<Docker> {
  const socketPath = join(temporaryHome(), 'd.sock');
  const server = createServer(answers);
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return new Docker({ connection: { socketPath }, address: `unix://${socketPath}`, from: 'a test' });
}

const lines = (...documents: object[]) => documents.map((document) => `${JSON.stringify(document)}\n`).join('');

test('a daemon that never answers is given up within seconds', async () => {
  const docker = await dockerThat(() => {});
  const began = performance.now();
  await expect(docker.ping()).rejects.toMatchObject({ code: 'TF_TIMEOUT' });
  expect(performance.now() - began).toBeLessThan(5_000);
});

test('a pull tells bytes and layers as they come', async () => {
  const docker = await dockerThat((_request, response) => {
    response.end(
      lines(
        { status: 'Pulling from clickhouse/clickhouse-server', id: '26.8' },
        { status: 'Downloading', id: 'aaaaaaaaaaaa', progressDetail: { current: 10, total: 100 } },
        { status: 'Already exists', id: 'bbbbbbbbbbbb' },
        { status: 'Pull complete', id: 'aaaaaaaaaaaa' },
        { status: 'Downloading', id: 'cccccccccccc', progressDetail: { current: 5, total: 50 } },
      ),
    );
  });
  const told: PullProgress[] = [];
  await pullImage(docker, 'i:1', { signal: new AbortController().signal, onProgress: (one) => told.push(one) });
  expect(told.at(-1)).toEqual({ image: 'i:1', bytes: 105, bytesTotal: 150, layersDone: 2, layers: 3 });
});

test('a pull that the registry refuses says why, and what to do without network', async () => {
  const docker = await dockerThat((_request, response) => {
    response.end(lines({ status: 'Pulling' }, { error: 'dial tcp: lookup registry-1.docker.io: no such host' }));
  });
  const pull = pullImage(docker, 'i:1', { signal: new AbortController().signal });
  await expect(pull).rejects.toMatchObject({
    code: 'TF_IMAGE_MISSING',
    message: expect.stringContaining('no such host'),
    hints: expect.arrayContaining([expect.stringContaining('docker load'), expect.stringContaining('--image')]),
  });
});

test('a pull that stands still is given up, one that is interrupted ends at once', async () => {
  const docker = await dockerThat((_request, response) => {
    response.write(lines({ status: 'Downloading', id: 'aaaaaaaaaaaa', progressDetail: { current: 1, total: 9 } }));
  });
  const still = pullImage(docker, 'i:1', { signal: new AbortController().signal, stallMsMax: 100 });
  await expect(still).rejects.toMatchObject({ code: 'TF_TIMEOUT' });
  const interruption = new AbortController();
  const cut = pullImage(docker, 'i:1', { signal: interruption.signal });
  setTimeout(() => interruption.abort(new Error('Ctrl-C')), 20);
  await expect(cut).rejects.toThrow('Ctrl-C');
});
