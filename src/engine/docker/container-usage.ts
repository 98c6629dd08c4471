import type { ContainerFigures } from '../engine.ts';
import type { Docker } from './client/docker.ts';

export type Usage = Pick<ContainerFigures, 'cpuCores' | 'memoryBytes' | 'memoryBytesMax' | 'pids'>;
type Stats = Awaited<ReturnType<Docker['stats']>>;

const UNKNOWN: Usage = {
  cpuCores: Number.NaN,
  memoryBytes: Number.NaN,
  memoryBytesMax: Number.NaN,
  pids: Number.NaN,
};
const NANOSECONDS = 1e6;

/** Turns Docker's readings of a container into what it uses now. */
export class UsageMeter {
  #cpuNs = Number.NaN;
  #atMs = Number.NaN;

  /** `stats` is null while it does not run. The first reading knows no rate. */
  read(stats: Stats): Usage {
    if (stats === null || stats.memory_stats?.usage === undefined) {
      this.#cpuNs = Number.NaN;
      return UNKNOWN;
    }
    const cpuNs = stats.cpu_stats.cpu_usage.total_usage;
    const atMs = Date.parse(stats.read);
    const used = (cpuNs - this.#cpuNs) / NANOSECONDS / (atMs - this.#atMs);
    this.#cpuNs = cpuNs;
    this.#atMs = atMs;
    const { usage, limit, stats: parts } = stats.memory_stats;
    return {
      cpuCores: used >= 0 && Number.isFinite(used) ? used : Number.NaN,
      memoryBytes: usage - givenUp(parts as unknown as Record<string, number> | undefined),
      memoryBytesMax: limit,
      pids: stats.pids_stats?.current ?? Number.NaN,
    };
  }
}

/** Cache that the system takes back when others need it: named otherwise by the two versions of control groups. */
function givenUp(parts: Readonly<Record<string, number>> = {}): number {
  return parts.total_inactive_file ?? parts.inactive_file ?? 0;
}
