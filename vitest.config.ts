import { defineConfig } from 'vitest/config';

/** Tests start real engines and daemons: few files at once, generous time, never retried. */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    retry: 0,
    disableConsoleIntercept: true,
  },
});
