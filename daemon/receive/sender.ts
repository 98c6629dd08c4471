import type { IncomingMessage } from 'node:http';
import type { Sender } from '../../src/event/event.ts';
import type { Grant } from '../access/grant.ts';

/** Tells who a request is from: the peer, or whom trusted proxies in between name. Given by enrich. */
export type ClientAddress = (
  socketAddress: string,
  xForwardedFor: string | undefined,
  forwarded: string | undefined,
) => { readonly ip: string; readonly trusted: boolean };

/** The sender of a request that was complete at `receivedAt`. One with a server key speaks for others. */
export function senderOf(req: IncomingMessage, clientAddress: ClientAddress, receivedAt: number, grant: Grant): Sender {
  const { headers } = req;
  const { ip, trusted } = clientAddress(
    req.socket.remoteAddress ?? '',
    // Node joins repeated ones into one string.
    headers['x-forwarded-for'] as string | undefined,
    headers.forwarded,
  );
  return {
    ip,
    trusted: trusted || grant.isServer,
    receivedAt,
    userAgent: headers['user-agent'] ?? '',
    language: firstLanguage(headers['accept-language']),
    doNotTrack: headers.dnt === '1',
    globalPrivacyControl: headers['sec-gpc'] === '1',
    grant,
  };
}

function firstLanguage(acceptLanguage: string | undefined): string {
  if (acceptLanguage === undefined) return '';
  const comma = acceptLanguage.indexOf(',');
  const first = comma === -1 ? acceptLanguage : acceptLanguage.slice(0, comma);
  const semicolon = first.indexOf(';');
  return (semicolon === -1 ? first : first.slice(0, semicolon)).trim();
}
