import type { Endpoint } from '../src/clickhouse/endpoint.ts';
import type { Config } from '../src/config/schema.ts';
import type { Status } from '../src/control/protocol.ts';
import type { Engine } from '../src/engine/engine.ts';
import { publicStatus } from './control/status.ts';
import type { Access } from './daemon-access.ts';
import type { Tls } from './daemon-tls.ts';
import type { Instruments } from './instruments.ts';
import type { Closers } from './lifecycle.ts';
import type { Log } from './log.ts';
import type { ReadsAt } from './receive/reads/place.ts';
import type { RegistryDesk } from './registry/desk.ts';
import { currentSalts } from './salts.ts';
import { loadSessions, saveSessions } from './sessions-file.ts';
import type { DaemonState } from './state/daemon-state.ts';
import type { Tails } from './tail/tails.ts';
import { Collectors } from './threads/collectors.ts';
import type { LogMessage } from './threads/messages.ts';
import type { SpoolHandle } from './threads/spool-handle.ts';

export interface CollectorParts {
  /** With the port that was claimed. */
  readonly config: Config;
  readonly sessionsFile: string;
  readonly count: number;
  readonly firstRegion: number;
  readonly counterMemory: SharedArrayBuffer;
  readonly visitors: SharedArrayBuffer;
  readonly instruments: Instruments;
  readonly engine: Engine;
  /** Where questions are asked. */
  readonly reads: Endpoint;
  readonly spool: SpoolHandle;
  readonly access: Access;
  readonly readsAt: ReadsAt;
  readonly tls: Tls | null;
  readonly state: DaemonState;
  readonly registry: RegistryDesk;
  readonly status: () => Status;
  readonly tails: Tails;
  readonly closers: Closers;
  readonly log: Log;
  readonly threadLog: (message: LogMessage) => void;
  readonly now: () => number;
}

/** The collectors with all they are told and all they tell; not open yet. */
export function buildCollectors(parts: CollectorParts): Collectors {
  const { config, counterMemory, visitors, instruments, engine, access, state, log, now } = parts;
  const sessions = loadSessions(parts.sessionsFile);
  const saving = (save: () => void) => {
    try {
      save();
    } catch (error) {
      log.write('error', 'state', 'state_failed', { error: String(error) });
    }
  };
  parts.closers.push('sessions', () => saving(() => saveSessions(parts.sessionsFile, sessions)));
  const collectors = new Collectors({
    count: parts.count,
    data: () => ({
      config,
      counters: counterMemory,
      visitors,
      endpoint: parts.reads,
      shards: engine.shards.length,
      sessions,
      salts: currentSalts(state, now()),
      propertyKeys: state.propertyKeys().map(({ account, key }) => [account, key]),
      registry: parts.registry.copy(),
      access: access.snapshot(),
      meters: access.meters,
      tls: parts.tls?.options() ?? null,
    }),
    readsAt: parts.readsAt,
    firstRegion: parts.firstRegion,
    spool: parts.spool,
    status: () => publicStatus(parts.status()),
    onLearned: (keys) => saving(() => state.addPropertyKeys(keys.map(([account, key]) => ({ account, key })))),
    onAsk: (ask) => parts.registry.answer(ask),
    onUsed: (keys) => saving(() => access.keys.used(keys)),
    onSources: (sources) => instruments.addSources(sources),
    onTailed: (tailed) => parts.tails.take(tailed),
    onLog: parts.threadLog,
    now,
  });
  // Somebody may watch since before there were any.
  if (instruments.stream.viewers > 0) collectors.watch(true);
  collectors.sendTails(parts.tails.requests);
  return collectors;
}
