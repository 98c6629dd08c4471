import { Flags } from '@oclif/core';
import { parseBytes } from '../../config/quantity.ts';
import { TrackflowError } from '../../errors/error.ts';
import { CHUNK_ROWS_MAX, CHUNK_ROWS_MIN } from '../../migrate/chunk-size.ts';
import { PRESETS } from '../../migrate/make-plan.ts';
import { PARALLEL_MAX, WAL_MAX, WAL_MAX_MIN } from '../../migrate/request.ts';

const WHAT = 'WHAT';
const HOW = 'HOW';

const sizeFlag = Flags.custom<number>({
  helpValue: 'SIZE',
  parse: async (text, _context, { name }) => {
    const bytes = parseBytes(text);
    if (bytes !== undefined && bytes >= WAL_MAX_MIN) return bytes;
    throw new TrackflowError(
      'TF_USAGE',
      `--${name} ${JSON.stringify(text)} is no size of at least 1MiB; write 500MiB, 10GiB`,
    );
  },
});

const rateFlag = Flags.custom<number>({
  helpValue: 'SIZE',
  parse: async (text, _context, { name }) => {
    const bytes = parseBytes(text.replace(/\/s$/, ''));
    if (bytes !== undefined && bytes >= 1_024) return bytes;
    throw new TrackflowError(
      'TF_USAGE',
      `--${name} ${JSON.stringify(text)} is no rate; write bytes a second: 20MiB, 500kB/s`,
    );
  },
});

/** How rows are copied, whatever they are of. */
export const COPY_FLAGS = {
  'allow-lossy': Flags.boolean({
    summary: 'Copy values that ClickHouse cannot hold, changed as the plan says.',
    helpGroup: WHAT,
  }),
  parallel: Flags.integer({
    summary: 'Readers side by side.',
    helpValue: 'N',
    min: 1,
    max: PARALLEL_MAX,
    default: 2,
    helpGroup: HOW,
  }),
  chunk: Flags.integer({
    summary: 'Rows of a chunk (default: as many as take about two seconds).',
    min: CHUNK_ROWS_MIN,
    max: CHUNK_ROWS_MAX,
    helpValue: 'ROWS',
    helpGroup: HOW,
  }),
  throttle: rateFlag({ summary: 'Read no more than that a second.', helpGroup: HOW }),
} as const;

/** What `trackflow migrate pg-to-clickhouse` is told. */
export const MIGRATE_FLAGS = {
  source: Flags.string({
    summary:
      'PostgreSQL to copy: postgres://USER@HOST:PORT/DATABASE. The password: PGPASSWORD, ~/.pgpass or --source-file.',
    helpValue: 'URL',
    env: 'TRACKFLOW_MIGRATE_SOURCE',
    exclusive: ['source-file'],
  }),
  'source-file': Flags.string({
    summary: 'File of yours alone (0600) that holds that address, password and all.',
    helpValue: 'FILE',
  }),
  preset: Flags.option({
    options: PRESETS,
    summary: 'What the tables are: any, which become tables of their own (generic), or events of a tracker.',
    default: 'generic',
    helpGroup: WHAT,
  })(),
  table: Flags.string({
    summary: 'Table to copy (default: all); may be repeated.',
    helpValue: 'NAME',
    multiple: true,
    multipleNonGreedy: true,
    helpGroup: WHAT,
  }),
  into: Flags.string({ summary: 'Name in ClickHouse, for one --table.', helpValue: 'NAME', helpGroup: WHAT }),
  map: Flags.string({
    summary: 'JSON file with other names, types, sort keys, and columns to leave out.',
    helpValue: 'FILE',
    helpGroup: WHAT,
  }),
  since: Flags.string({
    summary: 'Rows from that time on: 2026-01-01, or created_at=2026-01-01.',
    helpValue: 'TIME',
    helpGroup: WHAT,
  }),
  account: Flags.string({
    summary: 'Account of events whose source has none.',
    default: '',
    helpValue: 'NAME',
    helpGroup: WHAT,
  }),
  ...COPY_FLAGS,
  route: Flags.option({
    options: ['auto', 'pipe', 'engine'] as const,
    summary: 'How rows travel: through this machine, fetched by ClickHouse itself, or whichever proves faster.',
    default: 'auto',
    helpGroup: HOW,
  })(),
  follow: Flags.boolean({
    summary:
      "After the copy go on until interrupted: with all changes by the source's log where it is logical, else with new rows by key.",
    helpGroup: HOW,
  }),
  cutover: Flags.boolean({
    summary:
      'Carry the events of this instance from its PostgreSQL (store.url) to ClickHouse, and keep them there from then on.',
    exclusive: [
      ...['source', 'source-file', 'table', 'into', 'map', 'since', 'account', 'allow-lossy', 'chunk', 'throttle'],
      ...['follow', 'dry-run', 'verify-only', 'resume'],
    ],
  }),
  'wal-max': sizeFlag({
    summary: 'Log that the source may have to keep for --follow; above that it goes on by key.',
    default: WAL_MAX,
    defaultHelp: async () => '10GiB',
    helpGroup: HOW,
  }),
  'drop-slots': Flags.boolean({
    summary: 'Drop replication slots and publications that killed migrations have left in the source; copies nothing.',
    exclusive: ['resume', 'dry-run', 'verify-only'],
  }),
  'dry-run': Flags.boolean({ summary: 'Print the plan and write nothing.', exclusive: ['resume'] }),
  'verify-only': Flags.boolean({
    summary: 'Compare what the last migration of this source has copied with the source as it is now; copies nothing.',
    exclusive: ['resume', 'dry-run'],
  }),
  resume: Flags.boolean({ summary: 'Go on with the last migration of this source that did not come to its end.' }),
} as const;
