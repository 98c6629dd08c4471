import { isLoopback } from './loopback.ts';

/** Where reads, status and metrics are answered. */
export type ReadsPlace =
  | { readonly kind: 'collector' }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

/** What `reads.listen` may be, for messages. */
export const READS_LISTEN_ALLOWED = 'empty, collector, an address and port like 127.0.0.1:8081, or unix: and a path';

const TCP = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/;

/**
 * Reads `reads.listen`. Empty means: with the events where those are on loopback, else on a free port of 127.0.0.1, so
 * that what opens the events to the world opens nothing else. Undefined for a text that is none of these.
 */
export function readsPlace(text: string, listenHost: string): ReadsPlace | undefined {
  if (text === '') return isLoopback(listenHost) ? { kind: 'collector' } : { kind: 'tcp', host: '127.0.0.1', port: 0 };
  if (text === 'collector') return { kind: 'collector' };
  if (text.startsWith('unix:/')) return { kind: 'unix', path: text.slice('unix:'.length) };
  const [, v6, name, port] = TCP.exec(text) ?? [];
  const host = v6 ?? name;
  return host === undefined || Number(port) > 65_535 ? undefined : { kind: 'tcp', host, port: Number(port) };
}

/** Whether the place is reached from this machine only. */
export function isLocal(place: ReadsPlace, listenHost: string): boolean {
  return place.kind === 'unix' || isLoopback(place.kind === 'tcp' ? place.host : listenHost);
}
