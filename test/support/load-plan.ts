import type { LoadPlan } from '../../src/loadtest/plan/plan.ts';

/** A plan of one worker and single events, with one bad event in fifty. */
export function samplePlan(overrides: Partial<LoadPlan> = {}): LoadPlan {
  return {
    schema: 'trackflow.loadtest-plan/1',
    run: '0a1b2c3d',
    seed: 20_261_121,
    url: 'http://127.0.0.1:8080',
    model: 'open',
    arrival: 'constant',
    stages: [{ fromRate: 100, toRate: 100, durationMs: 10_000 }],
    warmupMs: 0,
    profile: 'web',
    sizes: [1],
    connections: 4,
    workers: 1,
    resendRate: 0,
    badRate: 0.02,
    timeoutMs: 10_000,
    startedAt: Date.UTC(2026, 10, 15, 12),
    ...overrides,
  };
}
