/** One round of one candidate. A figure that the candidate does not have is 0. */
export interface Measured {
  readonly eventsPerSecond: number;
  /** Until the last row is in ClickHouse. */
  readonly storedPerSecond: number;
  /** Microseconds of CPU for each event, all threads of the server and its children. */
  readonly cpuMicros: number;
  readonly engineCpuMicros: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** The median of each figure over the rounds. */
export function summary(rounds: readonly Measured[]): Measured {
  const of = (pick: (measured: Measured) => number) => median(rounds.map(pick));
  return {
    eventsPerSecond: of((m) => m.eventsPerSecond),
    storedPerSecond: of((m) => m.storedPerSecond),
    cpuMicros: of((m) => m.cpuMicros),
    engineCpuMicros: of((m) => m.engineCpuMicros),
    p50Ms: of((m) => m.p50Ms),
    p99Ms: of((m) => m.p99Ms),
  };
}

/** A line of the table. */
export function row(name: string, m: Measured): string {
  const figure = (value: number, digits: number) => (value === 0 ? '–' : value.toFixed(digits));
  const cells = [
    name,
    figure(m.eventsPerSecond, 0),
    figure(m.storedPerSecond, 0),
    figure(m.cpuMicros, 1),
    figure(m.engineCpuMicros, 1),
    figure(m.p50Ms, 1),
    figure(m.p99Ms, 1),
  ];
  return `| ${cells.join(' | ')} |`;
}

export const HEADING = [
  '| | events/s acknowledged | events/s stored | CPU µs/event | engine CPU µs/event | p50 ms | p99 ms |',
  '|---|---|---|---|---|---|---|',
];

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
