import { TrackflowError } from './error.ts';

/**
 * A failure to listen on `host:port` as the error to tell: TF_PORT_IN_USE, TF_PERMISSION or TF_CONFIG; anything else as it
 * is.
 */
export function listenError(cause: unknown, host: string, port: number): unknown {
  const where = `${host}:${port}`;
  switch ((cause as NodeJS.ErrnoException).code) {
    case 'EADDRINUSE':
      return new TrackflowError('TF_PORT_IN_USE', `${where} is in use by another program`, {
        hints: ['trackflow start --port <another>', `see who has it: ss -ltnp 'sport = :${port}'`],
        cause,
      });
    case 'EACCES':
      return new TrackflowError('TF_PERMISSION', `this user may not listen on ${where}`, {
        hints: ['choose a port above 1023'],
        cause,
      });
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new TrackflowError('TF_CONFIG', `listen.host ${host} is no address of this machine`, { cause });
    default:
      return cause;
  }
}
