import { Flags } from '@oclif/core';
import { parseDurationMs } from '../config/quantity.ts';
import { TrackflowError } from '../errors/error.ts';

/** A time like `30s`, `500ms`, `2m`; a bare number is milliseconds. The value is milliseconds. */
export const durationFlag = Flags.custom<number>({
  helpValue: 'TIME',
  parse: async (text) => {
    const ms = parseDurationMs(text);
    if (ms !== undefined) return ms;
    throw new TrackflowError('TF_USAGE', `${JSON.stringify(text)} is no time; write 500ms, 30s, 2m or 1h`);
  },
});

/** Flags of every command. */
export const GLOBAL_FLAGS = {
  home: Flags.string({
    summary: 'Directory of the instance (default: TRACKFLOW_HOME, else trackflow in the XDG data directory).',
    helpValue: 'DIR',
    helpGroup: 'GLOBAL',
  }),
  'no-color': Flags.boolean({ summary: 'Print without colours (also: NO_COLOR=1).', helpGroup: 'GLOBAL' }),
};
