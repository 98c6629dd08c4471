import { Flags } from '@oclif/core';
import { SFPL_PARTS } from '../../migrate/sfpl/request.ts';
import { COPY_FLAGS } from './migrate-flags.ts';

const WHAT = 'WHAT';

/** What `trackflow migrate sfpl` is told. */
export const SFPL_FLAGS = {
  from: Flags.string({
    summary:
      'ClickHouse of that tracker: clickhouse://USER@HOST:PORT/DATABASE or https://…. The password: CLICKHOUSE_PASSWORD or --from-file.',
    helpValue: 'URL',
    env: 'TRACKFLOW_MIGRATE_SOURCE',
    exclusive: ['from-file'],
  }),
  'from-file': Flags.string({
    summary: 'File of yours alone (0600) that holds that address, password and all.',
    helpValue: 'FILE',
  }),
  only: Flags.option({
    options: SFPL_PARTS,
    summary: 'Copy nothing but that; may be repeated.',
    multiple: true,
    helpGroup: WHAT,
  })(),
  'keep-addresses': Flags.boolean({
    summary: 'Keep the addresses of visitors, where that tracker kept them.',
    helpGroup: WHAT,
  }),
  ...COPY_FLAGS,
  'dry-run': Flags.boolean({ summary: 'Print the plan and write nothing.', exclusive: ['resume', 'repair'] }),
  'verify-only': Flags.boolean({
    summary: 'Compare what the last copy of this source has brought with the source as it is now; copies nothing.',
    exclusive: ['resume', 'dry-run', 'repair'],
  }),
  repair: Flags.boolean({
    summary: 'The same, and copy again what differs.',
    exclusive: ['resume'],
  }),
  resume: Flags.boolean({ summary: 'Go on with the last copy of this source that did not come to its end.' }),
} as const;
