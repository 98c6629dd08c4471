export const SECONDS = Number(process.env.BENCH_SECONDS ?? 10);
export const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
export const WARM_UP_SECONDS = 3;
/** Events in a request, where several go in one. */
export const BATCH = 100;
