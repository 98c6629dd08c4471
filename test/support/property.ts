/** fast-check with the seed of this run; `TRACKFLOW_TEST_RUNS` looks longer than the suite does. */
import fc from 'fast-check';
import { testSeed } from './seed.ts';

/** How often to run a property that the suite runs `count` times. */
export function propertyRuns(count: number): number {
  return Number(process.env.TRACKFLOW_TEST_RUNS ?? count);
}

fc.configureGlobal({ seed: testSeed(), numRuns: propertyRuns(100) });

export { fc };
