import { Flags, type Interfaces } from '@oclif/core';
import { TrackflowError } from '../../errors/error.ts';
import { PROFILES } from '../../loadtest/plan/plan.ts';
import { durationFlag } from '../flags.ts';

/** A share from 0 to 1. */
const shareFlag = Flags.custom<number>({
  helpValue: 'SHARE',
  parse: async (text, _context, { name }) => {
    const share = Number(text);
    if (text.trim() !== '' && share >= 0 && share <= 1) return share;
    throw new TrackflowError('TF_USAGE', `--${name} ${JSON.stringify(text)} is no share; allowed is 0 to 1, as 0.01`);
  },
});

const TRAFFIC = 'TRAFFIC';
const PROOF = 'PROOF';

/** The most a collector takes in one request unless it is told otherwise (`receive.eventsPerRequestMax`). */
const BATCH_MAX = 1_000;
const CONNECTIONS_MAX = 10_000;
const WORKERS_MAX = 64;

/** What `trackflow loadtest` is told. */
export const LOAD_FLAGS = {
  rate: Flags.string({
    summary: 'Events per second: 5000/s, 5k, 300/m (default: 1000/s).',
    helpValue: 'RATE',
    helpGroup: TRAFFIC,
    exclusive: ['stages'],
  }),
  duration: Flags.string({
    summary: 'How long (default: 30s).',
    helpValue: 'TIME',
    helpGroup: TRAFFIC,
    exclusive: ['stages'],
  }),
  ramp: Flags.string({
    summary: 'Rise from 0 to the rate in this time.',
    helpValue: 'TIME',
    helpGroup: TRAFFIC,
    exclusive: ['stages'],
  }),
  stages: Flags.string({
    summary: 'Rates in turn: 1k:30s,1k-5k:1m,5k:2m; FROM-TO goes in a straight line.',
    helpValue: 'STAGES',
    helpGroup: TRAFFIC,
  }),
  warmup: Flags.string({
    summary: 'Sent and verified, but not measured (default: 5s, at most a fifth of the run).',
    helpValue: 'TIME',
    helpGroup: TRAFFIC,
  }),
  profile: Flags.option({
    options: PROFILES,
    summary: 'What the traffic looks like.',
    default: 'mixed',
    helpGroup: TRAFFIC,
  })(),
  batch: Flags.integer({
    summary: 'Events of each request (default: as the profile has them).',
    helpValue: 'N',
    min: 1,
    max: BATCH_MAX,
    helpGroup: TRAFFIC,
  }),
  arrival: Flags.option({
    options: ['constant', 'poisson'] as const,
    summary: 'Even spacing, or a Poisson process of that rate.',
    default: 'constant',
    helpGroup: TRAFFIC,
  })(),
  closed: Flags.boolean({
    summary: 'Each connection waits for its answer before it sends again: under-reports stalls, and says so.',
    helpGroup: TRAFFIC,
  }),
  connections: Flags.integer({
    summary: 'Kept connections.',
    helpValue: 'N',
    default: 64,
    min: 1,
    max: CONNECTIONS_MAX,
    helpGroup: TRAFFIC,
  }),
  workers: Flags.integer({
    summary: 'Threads that send (default: half of the cores).',
    helpValue: 'N',
    min: 1,
    max: WORKERS_MAX,
    helpGroup: TRAFFIC,
  }),
  timeout: durationFlag({
    summary: 'An answer later than this is none.',
    default: 10_000,
    defaultHelp: async () => '10s',
    helpGroup: TRAFFIC,
  }),
  seed: Flags.integer({
    summary: 'Makes the same events again.',
    helpValue: 'N',
    min: 0,
    max: 2 ** 32 - 1,
    helpGroup: TRAFFIC,
  }),
  url: Flags.string({
    summary:
      'Send to this address (default: the collector of the instance). It is verified in the instance all the same.',
    helpValue: 'URL',
    helpGroup: TRAFFIC,
  }),
  'key-file': Flags.string({
    summary: 'File of yours alone (0600) with the key that the collector asks for: a write or server key.',
    helpValue: 'FILE',
    env: 'TRACKFLOW_LOADTEST_KEY_FILE',
    helpGroup: TRAFFIC,
  }),
  'bad-rate': shareFlag({ summary: 'Share of events that are to be rejected.', default: 0.01, helpGroup: TRAFFIC }),
  'resend-rate': shareFlag({
    summary: 'Share of acknowledged requests that are sent again on purpose.',
    default: 0.01,
    helpGroup: PROOF,
  }),
  fault: Flags.string({
    summary: 'Break things meanwhile: kill-daemon@10s,kill-engine@20s,pause-engine:10s@30s.',
    helpValue: 'FAULTS',
    helpGroup: PROOF,
  }),
  slo: Flags.string({
    summary: 'What has to hold: p99<250ms,errors<0.1%,lag<5s.',
    helpValue: 'SLO',
    helpGroup: PROOF,
  }),
  verify: Flags.boolean({
    summary: 'Look for every event in ClickHouse afterwards.',
    default: true,
    allowNo: true,
    helpGroup: PROOF,
  }),
  'verify-timeout': durationFlag({
    summary: 'Wait so long for the spool to empty.',
    default: 120_000,
    defaultHelp: async () => '2m',
    helpGroup: PROOF,
  }),
  out: Flags.string({
    summary: 'Folder of the run (default: loadtest/RUN in the home).',
    helpValue: 'DIR',
    helpGroup: PROOF,
  }),
};

export type LoadFlags = Interfaces.InferredFlags<typeof LOAD_FLAGS>;
