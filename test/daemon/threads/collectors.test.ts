import { expect, onTestFinished, test, vi } from 'vitest';
import { Collectors, type CollectorsOptions } from '../../../daemon/threads/collectors.ts';

/** Collectors whose threads are told what `data` gives, none of which is enough for them to live on. */
function doomedCollectors(data: () => object) {
  const log: string[] = [];
  const collectors = new Collectors({
    count: 1,
    data: data as CollectorsOptions['data'],
    readsAt: null,
    firstRegion: 0,
    spool: { addCollector: () => {} } as unknown as CollectorsOptions['spool'],
    status: () => ({}),
    onAsk: () => Promise.reject(new Error('nobody asks')),
    onLearned: () => {},
    onSources: () => {},
    onUsed: () => {},
    onTailed: () => {},
    onLog: ({ event }) => log.push(event),
    now: Date.now,
  });
  onTestFinished(() => collectors.close(0));
  return { collectors, log };
}

test('a collector that ends before it listens is the reason why they do not open', async () => {
  const { collectors } = doomedCollectors(() => ({}));
  await expect(collectors.open()).rejects.toThrow(/a collector does not listen: .*Error/);
});

test('a collector is started again although what it is to be told could not be read the last time', async () => {
  let asked = 0;
  const { collectors, log } = doomedCollectors(() => {
    if (++asked === 2) throw new Error('SQLITE_FULL');
    return {};
  });
  await expect(collectors.open()).rejects.toThrow('does not listen');
  await vi.waitUntil(() => asked > 2, { timeout: 60_000 });
  expect(log.filter((event) => event === 'collector_restart').length).toBeGreaterThan(0);
});
