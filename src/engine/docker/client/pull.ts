/**
 * Fetches an image, and says how far it is.
 *
 * Promises: an image that is here is not fetched again unless asked; a pull that stands still is given up after a minute,
 * and any after half an hour. Progress is told at most four times a second.
 */
import { createInterface } from 'node:readline';
import { TrackflowError } from '../../../errors/error.ts';
import type { Docker } from './docker.ts';
import { dockerError, imageMissing } from './docker-error.ts';

const STALL_MS_MAX = 60_000;
const PULL_MS_MAX = 30 * 60_000;
const TOLD_EVERY_MS = 250;

export interface PullProgress {
  readonly image: string;
  /** Of all layers that are known so far. */
  readonly bytes: number;
  readonly bytesTotal: number;
  readonly layersDone: number;
  readonly layers: number;
}

export interface PullOptions {
  readonly onProgress?: (progress: PullProgress) => void;
  readonly signal: AbortSignal;
  readonly stallMsMax?: number;
}

/** Rejects with TF_IMAGE_MISSING when it is not here and cannot be had, TF_TIMEOUT, or the signal's reason. */
export async function pullImage(docker: Docker, image: string, options: PullOptions): Promise<void> {
  const stalled = new AbortController();
  const ends = AbortSignal.any([options.signal, stalled.signal, AbortSignal.timeout(PULL_MS_MAX)]);
  const stallMs = options.stallMsMax ?? STALL_MS_MAX;
  const timer = setTimeout(() => stalled.abort(new DOMException('stands still', 'TimeoutError')), stallMs);
  const layers = new Layers(image);
  let toldAt = Number.NEGATIVE_INFINITY;
  try {
    const stream = await docker.pull(image, ends);
    for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
      timer.refresh();
      const failure = layers.take(line);
      if (failure !== undefined) throw imageMissing(image, `Docker could not pull it: ${failure}`);
      if (performance.now() - toldAt < TOLD_EVERY_MS) continue;
      toldAt = performance.now();
      options.onProgress?.(layers.progress);
    }
    ends.throwIfAborted();
    options.onProgress?.(layers.progress);
  } catch (cause) {
    options.signal.throwIfAborted();
    throw failureOf(cause, docker, image, ends.aborted);
  } finally {
    clearTimeout(timer);
  }
}

/** Docker itself unreachable is another matter than a registry that is. */
function failureOf(cause: unknown, docker: Docker, image: string, timedOut: boolean): TrackflowError {
  if (cause instanceof TrackflowError) return cause;
  if (timedOut) {
    return new TrackflowError('TF_TIMEOUT', `the pull of ${image} stood still and was given up`, {
      hints: [`docker pull ${image}, which goes on with what is here already`],
      cause,
    });
  }
  const error = dockerError(cause, `pull ${image}`, docker.host);
  if (error.code !== 'TF_ENGINE_UNAVAILABLE') return error;
  return imageMissing(image, `Docker could not pull it: ${cause instanceof Error ? cause.message : cause}`, cause);
}

interface PullLine {
  readonly id?: string;
  readonly status?: string;
  readonly error?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
}

/** An image has some dozen layers; a registry that claims more is not followed further. */
const LAYERS_MAX = 1_000;
const DONE = ['Pull complete', 'Already exists'];

class Layers {
  readonly #image: string;
  readonly #layers = new Map<string, { bytes: number; bytesTotal: number; done: boolean }>();

  constructor(image: string) {
    this.#image = image;
  }

  get progress(): PullProgress {
    const layers = [...this.#layers.values()];
    const sum = (of: (layer: (typeof layers)[number]) => number) => layers.reduce((total, one) => total + of(one), 0);
    return {
      image: this.#image,
      bytes: sum(({ bytes }) => bytes),
      bytesTotal: sum(({ bytesTotal }) => bytesTotal),
      layersDone: sum(({ done }) => Number(done)),
      layers: layers.length,
    };
  }

  /** Reads one line of Docker's; what it says has failed, if anything. */
  take(text: string): string | undefined {
    const line = parse(text);
    if (line.error !== undefined) return line.error;
    const { id, status = '', progressDetail = {} } = line;
    if (id === undefined || !/^[0-9a-f]{12}$/.test(id)) return undefined;
    const layer = this.#layers.get(id) ?? { bytes: 0, bytesTotal: 0, done: false };
    if (this.#layers.size < LAYERS_MAX) this.#layers.set(id, layer);
    if (status === 'Downloading') {
      layer.bytes = progressDetail.current ?? layer.bytes;
      layer.bytesTotal = progressDetail.total ?? layer.bytesTotal;
    }
    if (status === 'Download complete') layer.bytes = layer.bytesTotal;
    if (DONE.includes(status)) Object.assign(layer, { bytes: layer.bytesTotal, done: true });
    return undefined;
  }
}

function parse(text: string): PullLine {
  try {
    return JSON.parse(text) as PullLine;
  } catch {
    return {};
  }
}
