import type { Config } from '../../src/config/schema.ts';
import { TrackflowError } from '../../src/errors/error.ts';
import type { EngineMoveParams } from '../tasks/kinds/engine-move.ts';

/** The configuration as it is after the move. */
export function movedConfig(config: Config, params: EngineMoveParams): Config {
  const { engine } = config;
  if (params.to === 'embedded') return { ...config, engine: { ...engine, kind: 'embedded' } };
  if (params.to === 'docker') {
    return { ...config, engine: { ...engine, kind: 'docker', image: params.image ?? engine.image } };
  }
  const { url, user, passwordFile } = params;
  return { ...config, engine: { ...engine, kind: 'url', url, user, passwordFile } };
}

/** What the environment says outlives a change of the configuration: throws TF_CONFIG where a move changes that. */
export function refuseFixed(config: Config, origins: Readonly<Record<string, string>>, params: EngineMoveParams): void {
  const { engine } = movedConfig(config, params);
  for (const [name, value] of Object.entries(engine)) {
    const isChanged = value !== config.engine[name as keyof typeof engine];
    if (!isChanged || origins[`engine.${name}`] !== 'env') continue;
    throw new TrackflowError('TF_CONFIG', `engine.${name} comes from the environment: the next start would go back`);
  }
}
