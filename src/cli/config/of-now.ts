import { resolveConfig } from '../../config/resolve.ts';
import type { Config } from '../../config/schema.ts';
import { TrackflowError } from '../../errors/error.ts';
import type { Instance } from '../instance.ts';

export interface ConfigOfNow {
  readonly config: Config;
  /** `running`: of the daemon that answers, whatever flags it was started with. `next start`: none answers. */
  readonly of: 'running' | 'next start';
}

/**
 * What holds at this moment. The port is the one that is listened on, where the settings leave the choice to the start.
 * Throws TF_CONFIG when no daemon answers and the next start would refuse its settings.
 */
export async function configOfNow({ control, home, env }: Instance): Promise<ConfigOfNow> {
  try {
    const [{ config }, { url }] = await Promise.all([control.config(), control.status()]);
    const { port, protocol } = new URL(url);
    const heard = Number(port) || (protocol === 'https:' ? 443 : 80);
    return { config: { ...config, listen: { ...config.listen, port: heard } }, of: 'running' };
  } catch (cause) {
    if (!(cause instanceof TrackflowError)) throw cause;
    return { config: resolveConfig({ home, env }).config, of: 'next start' };
  }
}
