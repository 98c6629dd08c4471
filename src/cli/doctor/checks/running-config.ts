import { type Finding, NO_CONFIG, NO_DAEMON, type Patient, pass, warn } from '../check.ts';

/** Whether the daemon runs with what the next start would take; flags of the last start are nobody's to compare. */
export async function runningConfig({ status, config, instance }: Patient): Promise<Finding> {
  if (status.running === undefined) return NO_DAEMON;
  if (config instanceof Error) return NO_CONFIG;
  const running = await instance.control.config();
  const keys = Object.keys(config.origins);
  const flags = keys.filter((key) => running.origins[key] === 'flag');
  const differing = keys.filter(
    (key) =>
      running.origins[key] !== 'flag' &&
      JSON.stringify(settingOf(running.config, key)) !== JSON.stringify(settingOf(config.config, key)),
  );
  if (differing.length > 0) {
    return warn(`it runs with other values of ${differing.join(', ')}`, 'trackflow restart takes the present ones');
  }
  return pass(flags.length === 0 ? 'as the next start' : `as the next start, but for flags: ${flags.join(', ')}`);
}

function settingOf(config: object, key: string): unknown {
  return key.split('.').reduce<unknown>((part, name) => (part as Record<string, unknown> | undefined)?.[name], config);
}
