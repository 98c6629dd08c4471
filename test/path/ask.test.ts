import { expect, it } from 'vitest';
import { startDaemon } from '../support/daemon.ts';

it('the control socket answers statistics as the port does, and refuses what the port refuses', async () => {
  await using daemon = await startDaemon();
  const events = ['/a', '/a', '/b'].map((path, index) => ({
    name: 'pageview',
    visitor_id: `v${index}`,
    url: `https://shop.example${path}`,
  }));
  await daemon.post(events);
  await daemon.drained();
  const params = { period: '1h', dimension: 'path', metrics: 'events,visitors' };
  const asked = await daemon.control.ask<{ results: unknown[] }>('top', params);
  const fetched = await (await fetch(`${daemon.url}/v1/stats/top?${new URLSearchParams(params)}`)).json();
  expect(asked.results).toEqual((fetched as typeof asked).results);
  expect(asked.results[0]).toEqual({ value: '/a', events: 2, visitors: 2 });
  await expect(daemon.control.ask('top', { period: '1h' })).rejects.toMatchObject({ code: 'TF_INPUT' });
  await expect(daemon.control.ask('nothing' as never, {})).rejects.toThrow();
});
