import { describe, expect, it } from 'vitest';
import type { StreamLine } from '../../../../src/control/stream.ts';
import { runFeed } from '../../../../src/dashboard/store/feed.ts';
import { DashStore } from '../../../../src/dashboard/store/store.ts';
import { TrackflowError } from '../../../../src/errors/error.ts';
import { until } from '../../../support/until.ts';
import { history, tick } from '../stream-lines.ts';

const WAIT_MS = 10_000;

describe('feed', () => {
  it('connects again after the daemon went, and says so in between', async () => {
    const kinds: string[] = [];
    const store = new DashStore();
    store.subscribe(() => kinds.push(store.getSnapshot().connection.kind));
    const ended = new AbortController();
    let connections = 0;
    async function* source(signal: AbortSignal): AsyncGenerator<StreamLine> {
      connections++;
      yield history(5, () => ({ accepted: 1 }));
      if (connections === 1) throw new Error('broke off');
      yield tick(1, { accepted: 2 });
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    }
    const feed = runFeed({ store, source, now: Date.now }, ended.signal);
    await until(() => connections === 2 && store.getSnapshot().connection.kind === 'live', WAIT_MS);
    ended.abort();
    await feed;
    expect(kinds.slice(0, 3)).toEqual(['live', 'reconnecting', 'live']);
  });

  it('says that nothing runs, and is live when something does', async () => {
    const store = new DashStore();
    const ended = new AbortController();
    let runs = false;
    async function* source(signal: AbortSignal): AsyncGenerator<StreamLine> {
      if (!runs) throw new TrackflowError('TF_NOT_RUNNING', 'no TrackFlow runs');
      yield history(5, () => ({}));
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    }
    const feed = runFeed({ store, source, now: Date.now }, ended.signal);
    await until(() => store.getSnapshot().connection.kind === 'not-running', WAIT_MS);
    runs = true;
    await until(() => store.getSnapshot().connection.kind === 'live', WAIT_MS);
    ended.abort();
    await feed;
  });

  it('says each second how old the figures are while nothing runs any more', async () => {
    const store = new DashStore();
    const ended = new AbortController();
    let now = 1_000_000;
    let connections = 0;
    async function* source(): AsyncGenerator<StreamLine> {
      connections++;
      if (connections > 1) throw new TrackflowError('TF_NOT_RUNNING', 'no TrackFlow runs');
      yield history(5, () => ({}));
    }
    const feed = runFeed({ store, source, now: () => now }, ended.signal);
    await until(() => store.getSnapshot().connection.kind === 'not-running', WAIT_MS);
    now += 42_000;
    await until(() => store.getSnapshot().silentMs === 42_000, WAIT_MS);
    expect(store.getSnapshot().connection.kind).toBe('not-running');
    ended.abort();
    await feed;
  });

  it('calls silence stale, and live again what follows it', async () => {
    const store = new DashStore();
    const ended = new AbortController();
    let speak = () => {};
    async function* source(signal: AbortSignal): AsyncGenerator<StreamLine> {
      yield history(5, () => ({}));
      await new Promise<void>((resolve) => {
        speak = resolve;
      });
      yield tick(1, {});
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    }
    const feed = runFeed({ store, source, now: Date.now }, ended.signal);
    await until(() => store.getSnapshot().connection.kind === 'stale', WAIT_MS);
    speak();
    await until(() => store.getSnapshot().connection.kind === 'live', WAIT_MS);
    ended.abort();
    await feed;
  });
});
