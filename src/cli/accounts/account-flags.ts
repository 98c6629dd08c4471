import { Flags } from '@oclif/core';

/** Limits of an account or a key. */
export const LIMIT_FLAGS = {
  'events-per-second': Flags.integer({
    summary: 'Events a second, with a burst of one second.',
    min: 0,
    helpValue: 'N',
  }),
  'bytes-per-second': Flags.string({ summary: 'Bytes of requests a second, like 1MiB.', helpValue: 'SIZE' }),
  'events-per-day': Flags.integer({ summary: 'Events a UTC day.', min: 0, helpValue: 'N' }),
  'bytes-per-day': Flags.string({ summary: 'Bytes of requests a UTC day, like 10GiB.', helpValue: 'SIZE' }),
};
