import type { ContainerFigures } from '../engine.ts';

const HEALTH = ['none', 'healthy', 'starting', 'unhealthy'] as const;

/** The containers of a cluster as one: what they use together, and the worst of their states. Null when none is known. */
export function containersTogether(
  name: string,
  containers: readonly (ContainerFigures | null)[],
): ContainerFigures | null {
  const known = containers.filter((one) => one !== null);
  const [first] = known;
  if (first === undefined) return null;
  const sum = (of: (one: ContainerFigures) => number) => known.reduce((total, one) => total + of(one), 0);
  // What one that does not run uses is not known, and nothing.
  const used = (of: (one: ContainerFigures) => number) => {
    const figures = known.map(of).filter((figure) => !Number.isNaN(figure));
    return figures.length === 0 ? Number.NaN : figures.reduce((total, figure) => total + figure, 0);
  };
  const running = known.filter(({ status }) => status === 'running').length;
  return {
    name: `${name} (${containers.length} nodes)`,
    image: first.image,
    health: HEALTH[Math.max(...known.map(({ health }) => HEALTH.indexOf(health)))]!,
    status: running === containers.length ? 'running' : `${running} of ${containers.length} running`,
    restarts: sum(({ restarts }) => restarts),
    cpuCores: used(({ cpuCores }) => cpuCores),
    memoryBytes: used(({ memoryBytes }) => memoryBytes),
    memoryBytesMax: used(({ memoryBytesMax }) => memoryBytesMax),
    pids: used(({ pids }) => pids),
  };
}
