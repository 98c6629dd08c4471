import { expect, test } from 'vitest';
import { watchHealth } from '../../../../src/loadtest/measure/health.ts';
import { until } from '../../../support/until.ts';

function block(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end; );
}

test('a thread that is kept busy is told by its CPU and its late loop, and each take begins anew', async () => {
  const watch = watchHealth();
  try {
    let turns = 0;
    const looks = setInterval(() => turns++, 1);
    await until(() => turns > 20, 5_000);
    watch.take();
    await until(() => turns > 40, 5_000);
    block(200);
    const seen = turns;
    await until(() => turns > seen + 5, 5_000);
    const busy = watch.take();
    await until(() => turns > seen + 300, 10_000);
    const calm = watch.take();
    clearInterval(looks);
    expect(busy.cpu).toBeGreaterThan(0.3);
    expect(busy.loopMaxMs).toBeGreaterThan(150);
    expect(calm.loopMaxMs).toBeLessThan(busy.loopMaxMs);
    expect(calm.loopP99Ms).toBeLessThan(100);
  } finally {
    watch.close();
  }
});

test('garbage collections are counted in milliseconds', async () => {
  const watch = watchHealth();
  try {
    const kept: object[] = [];
    let collected = 0;
    await until(() => {
      for (let n = 0; n < 100_000; n++) kept[n] = { n };
      collected += watch.take().gcMs;
      return collected > 0;
    }, 10_000);
  } finally {
    watch.close();
  }
});
