import { defineConfig } from 'vitest/config';

/**
 * Tests start real engines and daemons: few files at once, generous time. What is lost, doubled or wrong fails at once;
 * only a comparison with the clock, which a neighbour on a shared machine can lose for us, is tried once more, and
 * reported as such.
 */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    retry: { count: 1, condition: /to be (less|greater) than|timed out in \d+ ?ms|not reached within \d+ ms/ },
    disableConsoleIntercept: true,
  },
});
