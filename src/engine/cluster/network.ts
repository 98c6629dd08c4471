import type { ContainerSpec } from '../docker/client/container-spec.ts';
import type { Docker } from '../docker/client/docker.ts';

/**
 * Makes the network of a cluster if it is not there; returns its range and whether it was made. Docker gives addresses of
 * our choice only in a range of our choice, and only Docker knows which range is free: so it chooses one, and we ask for that.
 */
export async function ensureClusterNetwork(
  docker: Docker,
  name: string,
  labels: ContainerSpec['labels'],
): Promise<{ readonly subnet: string; readonly made: boolean }> {
  const found = await docker.networkRange(name);
  if (found !== null) return { subnet: found, made: false };
  await docker.ensureNetwork(name, labels);
  const subnet = (await docker.networkRange(name)) ?? '';
  await docker.removeNetwork(name);
  await docker.createNetwork(name, labels, subnet);
  return { subnet, made: true };
}
