import { durationFlag } from '../flags.ts';

/** For commands that wait until ClickHouse answers in a container. */
export const readyTimeoutFlag = durationFlag({
  summary: 'Time to become ready, once the image is there; then it is undone.',
  default: 60_000,
  defaultHelp: async () => '60s',
});
