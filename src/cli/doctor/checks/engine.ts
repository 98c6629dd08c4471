import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { portIsFree } from '../../../engine/ports.ts';
import { bytesText, countText, plural } from '../../terminal/units.ts';
import { type Finding, NO_CONFIG, NO_DAEMON, type Patient, pass, skip, warn } from '../check.ts';
import { readMetrics } from '../collector-metrics.ts';

/** ClickHouse slows inserts down at some thousand parts of one partition; merges should keep it far below. */
const PARTS_MAX = 1_000;

/** The two loopback ports that the embedded engine keeps from start to start. */
export async function enginePorts({ config, instance, status }: Patient): Promise<Finding> {
  if (config instanceof Error) return NO_CONFIG;
  if (config.config.engine.kind !== 'embedded') return skip(`engine.kind is ${config.config.engine.kind}`);
  const ports = readPorts(join(instance.paths.run, 'engine.json'));
  if (ports.length === 0) return skip('chosen at the first start');
  if (status.running?.engine.state === 'ready') return pass(`${ports.join(' and ')} are the engine's`);
  const taken = [];
  for (const port of ports) if (!(await portIsFree(port))) taken.push(port);
  if (taken.length === 0) return pass(`${ports.join(' and ')} are free`);
  return warn(`${taken.join(' and ')} taken by another program`, 'nothing: the next start chooses other ones');
}

/** Restarts, parts and memory, as the daemon measures them. */
export async function engineHealth({ instance, status }: Patient): Promise<Finding> {
  if (status.running?.engine.state !== 'ready') return NO_DAEMON;
  const metrics = await readMetrics(instance);
  const parts = metrics('trackflow_engine_parts');
  const restarts = metrics('trackflow_engine_restarts_total') ?? 0;
  const memory = metrics('trackflow_engine_memory_bytes');
  const seen = [
    plural(restarts, 'restart'),
    ...(parts === undefined ? [] : [`${countText(parts)} parts`]),
    ...(memory === undefined ? [] : [`${bytesText(memory)} of memory`]),
  ].join(', ');
  if (parts !== undefined && parts > PARTS_MAX)
    return warn(`${seen}; merges do not keep up`, 'trackflow logs --engine');
  if (restarts > 0) return warn(seen, 'trackflow logs --step engine --level warn');
  return pass(seen);
}

function readPorts(path: string): number[] {
  try {
    const { httpPort, tcpPort } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    return [httpPort, tcpPort].map(Number).filter((port) => Number.isInteger(port) && port > 0);
  } catch {
    return [];
  }
}
