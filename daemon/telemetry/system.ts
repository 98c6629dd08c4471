import fs from 'node:fs';
import os from 'node:os';
import type { StreamState } from '../../src/control/stream.ts';
import type { GaugeName } from './catalogue.ts';
import type { Counters } from './counters.ts';

/** What the machine gives at the most. */
export type MachineLimits = Pick<StreamState['limits'], 'hostMemoryBytes' | 'diskBytes' | 'cores' | 'openFilesMax'>;

/** What a container uses; NaN where that is not known. */
export interface ContainerUsage {
  readonly cpuCores: number;
  readonly memoryBytes: number;
  readonly memoryBytesMax: number;
  readonly pids: number;
  readonly health: (typeof HEALTH)[number];
}

/** By the number that its gauge has. */
const HEALTH = ['none', 'starting', 'healthy', 'unhealthy'] as const;

export interface SystemOptions {
  readonly counters: Counters;
  /** The home: the disk it lies on is the one that is told about. */
  readonly folder: string;
  /** 0 while there is no process of ours. */
  readonly enginePid: () => number;
  /** Of the engine's container; null where there is none. */
  readonly engineContainer: () => ContainerUsage | null;
  /** Milliseconds of a clock that only goes forward. */
  readonly elapsed: () => number;
}

/** Every so many samples: what costs more than a tenth of a millisecond, or moves slowly. */
const SLOW_EVERY = 5;
/** Linux counts the time of processes in hundredths of a second, on every platform that we run on. */
const TICKS_PER_SECOND = 100;
const MICROSECONDS = 1e6;

/**
 * Figures of the daemon, the engine's process and the machine, as gauges.
 *
 * The daemon's own and the load of the machine come from Node, a container's from Docker, the engine's process from `/proc` (two small reads where a
 * library starts `ps`), disk from statfs; memory of the machine, which each system counts in its own way, from
 * systeminformation. Its load comes from Node because that library starts a shell for it and waits: 15 ms of the main thread
 * every second. What cannot be known is NaN, never 0.
 */
export class System {
  readonly #options: SystemOptions;
  readonly #processCpu = new CpuMeter();
  readonly #engineCpu = new CpuMeter();
  readonly #hostCpu = new HostCpuMeter();
  #samples = 0;
  #busy = false;
  #library: typeof import('systeminformation') | null = null;
  #diskBytes = 0;

  constructor(options: SystemOptions) {
    this.#options = options;
    for (const gauge of GAUGES) options.counters.set(gauge, Number.NaN);
  }

  get limits(): MachineLimits {
    return {
      hostMemoryBytes: os.totalmem(),
      diskBytes: this.#diskBytes,
      cores: os.availableParallelism(),
      openFilesMax: OPEN_FILES_MAX,
    };
  }

  /** Brings the gauges up to date; those that take time follow within a moment, never two rounds at once. */
  sample(): void {
    const { counters, elapsed } = this.#options;
    const { user, system } = process.cpuUsage();
    counters.set('process_cpu_cores', this.#processCpu.cores((user + system) / MICROSECONDS, elapsed()));
    counters.set('process_resident_bytes', process.memoryUsage.rss());
    counters.set('host_cpu_share', this.#hostCpu.share());
    this.#sampleEngine();
    if (this.#busy) return;
    this.#busy = true;
    const slow = this.#samples++ % SLOW_EVERY === 0;
    // Nobody waits for it, and a figure that cannot be had stays what it was.
    void this.#sampleMachine(slow)
      .catch(() => {})
      .finally(() => {
        this.#busy = false;
      });
  }

  #sampleEngine(): void {
    const { counters, enginePid, engineContainer, elapsed } = this.#options;
    const container = engineContainer();
    counters.set('engine_container_memory_max_bytes', container?.memoryBytesMax ?? Number.NaN);
    counters.set('engine_container_pids', container?.pids ?? Number.NaN);
    counters.set('engine_container_health', container === null ? Number.NaN : HEALTH.indexOf(container.health));
    if (container !== null) {
      counters.set('engine_cpu_cores', container.cpuCores);
      counters.set('engine_resident_bytes', container.memoryBytes);
      return;
    }
    const found = readProcess(enginePid());
    counters.set('engine_cpu_cores', found === null ? Number.NaN : this.#engineCpu.cores(found.cpuSeconds, elapsed()));
    counters.set('engine_resident_bytes', found === null ? Number.NaN : found.residentBytes);
  }

  async #sampleMachine(slow: boolean): Promise<void> {
    const { counters, folder } = this.#options;
    if (slow) {
      const { bavail, blocks, bsize } = await fs.promises.statfs(folder);
      this.#diskBytes = blocks * bsize;
      counters.set('host_disk_free_bytes', bavail * bsize);
      counters.set('process_open_files', await countOpenFiles());
    }
    if (!slow) return;
    // Loading it takes longer than everything else here: not before events are taken.
    this.#library ??= (await import('systeminformation')).default;
    const { total, available } = await this.#library.mem();
    counters.set('host_memory_used_bytes', total - available);
  }
}

const GAUGES: readonly GaugeName[] = [
  'process_cpu_cores',
  'process_open_files',
  'engine_cpu_cores',
  'engine_resident_bytes',
  'engine_container_memory_max_bytes',
  'engine_container_pids',
  'engine_container_health',
  'host_cpu_share',
  'host_memory_used_bytes',
  'host_disk_free_bytes',
];

/** Cores that a growing number of CPU seconds used since the last reading; NaN for the first, and when it went back. */
class CpuMeter {
  #seconds = Number.NaN;
  #at = 0;

  cores(seconds: number, atMs: number): number {
    const used = seconds - this.#seconds;
    const took = (atMs - this.#at) / 1_000;
    this.#seconds = seconds;
    this.#at = atMs;
    return used >= 0 && took > 0 ? used / took : Number.NaN;
  }
}

/** Share of all cores that was busy since the last reading; NaN for the first. */
class HostCpuMeter {
  #busy = Number.NaN;
  #total = Number.NaN;

  share(): number {
    let busy = 0;
    let idle = 0;
    for (const { times } of os.cpus()) {
      busy += times.user + times.nice + times.sys + times.irq;
      idle += times.idle;
    }
    const passed = busy + idle - this.#total;
    const share = passed > 0 ? (busy - this.#busy) / passed : Number.NaN;
    this.#busy = busy;
    this.#total = busy + idle;
    return share;
  }
}

/** CPU time and resident memory of another process; null where there is no `/proc` or no such process. */
function readProcess(pid: number): { cpuSeconds: number; residentBytes: number } | null {
  if (pid === 0) return null;
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name may hold anything, so fields are counted from its end: user and system time are the 12th and 13th.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
    const kilobytes = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN);
    return {
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
      residentBytes: kilobytes * 1_024,
    };
  } catch {
    return null;
  }
}

async function countOpenFiles(): Promise<number> {
  try {
    const names = await fs.promises.readdir(process.platform === 'linux' ? '/proc/self/fd' : '/dev/fd');
    // Looking takes one itself.
    return names.length - 1;
  } catch {
    return Number.NaN;
  }
}

const OPEN_FILES_MAX = readOpenFilesMax();

function readOpenFilesMax(): number | null {
  try {
    const soft = /^Max open files\s+(\d+)/m.exec(fs.readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return soft === undefined ? null : Number(soft);
  } catch {
    return null;
  }
}
