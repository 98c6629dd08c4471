import os from 'node:os';
import type { Status } from '../../control/protocol.ts';
import type { Conditions } from '../report/report.ts';

/** Where and with what a run was made: without it, its figures say nothing. */
export function conditionsOf(
  status: Status,
  { startedAt, endedAt, requestBytes, url }: { startedAt: number; endedAt: number; requestBytes: number; url: string },
): Conditions {
  return {
    startedAt: new Date(startedAt).toISOString(),
    endedAt: new Date(endedAt).toISOString(),
    trackflow: status.version,
    node: process.version,
    engine: `${status.engine.version} ${status.engine.kind}`,
    cpu: os.cpus()[0]?.model.trim() ?? '',
    cores: os.availableParallelism(),
    memoryBytes: os.totalmem(),
    kernel: `${os.type()} ${os.release()}`,
    sameHost: isLoopback(new URL(url).hostname),
    strategy: status.flush.strategy,
    requestBytes,
  };
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\./.test(hostname);
}
