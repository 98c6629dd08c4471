import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { onTestFinished } from 'vitest';
import { homePaths } from '../../src/config/home.ts';
import { resolveConfig } from '../../src/config/resolve.ts';
import type { Status } from '../../src/control/protocol.ts';
import { controlSocketPath, prepareSocketDirectory } from '../../src/control/socket-path.ts';

export interface Call {
  readonly route: string;
  readonly body: unknown;
}

/** An answer to a route: `status` and JSON, or raw text. `hang` never answers; `open` never ends, `cut` breaks off. */
export type Answer =
  | {
      readonly status?: number;
      readonly json?: unknown;
      readonly text?: string;
      readonly open?: boolean;
      readonly cut?: boolean;
    }
  | 'hang';

/**
 * A stand-in for the daemon's side of the control socket of `home`. Answers `GET /status` and `GET /config` by itself;
 * everything else as told. Returns what was asked of it.
 */
export async function controlServer(
  home: string,
  answers: Readonly<Record<string, Answer | ((body: unknown) => Answer)>> = {},
): Promise<{ calls: Call[]; close(): Promise<void> }> {
  mkdirSync(homePaths(home).run, { recursive: true, mode: 0o700 });
  const calls: Call[] = [];
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const route = `${request.method} ${request.url}`;
    const body: unknown = text === '' ? undefined : JSON.parse(text);
    calls.push({ route, body });
    const told = answers[route];
    const answer = (typeof told === 'function' ? told(body) : told) ??
      DEFAULT_ANSWERS[route]?.(home) ?? { status: 404 };
    if (answer === 'hang') return;
    response.writeHead(answer.status ?? 200, { 'content-type': 'application/json' });
    const content = answer.text ?? JSON.stringify(answer.json ?? {});
    if (answer.cut) response.write(content, () => response.destroy());
    else if (answer.open) response.write(content);
    else response.end(content);
  });
  const path = controlSocketPath(home);
  prepareSocketDirectory(path);
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  onTestFinished(close);
  return { calls, close };
}

const DEFAULT_ANSWERS: Readonly<Record<string, (home: string) => Answer>> = {
  'GET /status': (home) => ({ json: statusOf(home) }),
  'GET /config': (home) => ({ json: resolveConfig({ home, env: {} }) }),
};

/** A healthy status, with changes. */
export function statusOf(home: string, changes: Partial<Status> = {}): Status {
  return {
    schema: 'trackflow.status/1',
    version: '0.1.0',
    state: 'running',
    health: 'ok',
    problems: [],
    pid: process.pid,
    url: 'http://127.0.0.1:8080',
    readsUrl: 'http://127.0.0.1:8080',
    home,
    startedAt: '2026-01-01T00:00:00.000Z',
    engine: {
      kind: 'embedded',
      version: '26.7.2.1',
      state: 'ready',
      pid: 7,
      url: 'http://127.0.0.1:9000',
      container: null,
    },
    events: { accepted: 10, stored: 10, duplicates: 0, rejected: 0, deadLettered: 0 },
    tables: {},
    spool: { bytes: 0, segments: 0, oldestAgeSeconds: 0, rows: 0, quarantined: 0 },
    flush: { breaker: 'closed', lastError: '', strategy: 'hybrid' },
    lastMinute: null,
    ...changes,
  };
}

/** Writes `run/daemon.json` of `home` as a daemon with this process id would. */
export function daemonFile(home: string, pid: number): string {
  const path = homePaths(home).daemonJson;
  mkdirSync(homePaths(home).run, { recursive: true, mode: 0o700 });
  writeFileSync(path, JSON.stringify({ pid, startedAt: '2026-01-01T00:00:00.000Z', version: '0.1.0', url: '' }));
  return path;
}
