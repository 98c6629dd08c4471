import { type LoadPlan, PLAN_SCHEMA } from '../../src/loadtest/plan/plan.ts';

/** A small plan of a load test: single events over one connection, nothing sent twice, nothing bad. */
export function loadPlan(changes: Partial<LoadPlan> = {}): LoadPlan {
  return {
    schema: PLAN_SCHEMA,
    run: '0123abcd',
    seed: 1,
    url: 'http://127.0.0.1:1',
    model: 'open',
    arrival: 'constant',
    stages: [{ fromRate: 100, toRate: 100, durationMs: 1_000 }],
    warmupMs: 0,
    profile: 'web',
    sizes: [1],
    connections: 1,
    workers: 1,
    resendRate: 0,
    badRate: 0,
    timeoutMs: 5_000,
    startedAt: 1_780_000_000_000,
    ...changes,
  };
}
