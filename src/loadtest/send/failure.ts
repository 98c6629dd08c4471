import { errnoOf } from '../../errors/file-error.ts';
import type { Outcome } from '../measure/outcome.ts';

/** No more files, ports or buffers on the side of the generator. */
const EXHAUSTED: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'EADDRNOTAVAIL', 'ENOBUFS', 'ENOMEM']);
/** The connection was there and is no more. */
const BROKEN: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED']);
/** Failures of a handshake have the names that Node, OpenSSL and the checks of certificates give them. */
const OF_TLS = /^(ERR_TLS_|ERR_SSL_|EPROTO$|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH$)/;

/** Whether an error of a socket says that this machine is out of sockets. */
export function isExhausted(error: Error): boolean {
  return EXHAUSTED.has(errnoOf(error));
}

/** What an error of a socket means for the request on it. `open`: the connection had been made, with TLS if it has that. */
export function outcomeOfError(error: Error, open: boolean): Outcome {
  const errno = errnoOf(error);
  if (errno === 'ETIMEDOUT') return 'timeout';
  if (open || BROKEN.has(errno)) return 'reset';
  return OF_TLS.test(errno) ? 'tls' : 'refused';
}
