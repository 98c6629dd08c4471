import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import { listenError } from '../src/errors/listen-error.ts';

/**
 * The port the collectors will share. They listen with SO_REUSEPORT, with which a second instance could share it too and
 * take half of the events; so it is first bound alone. A configured port 0 becomes a free one that is kept in
 * `file`. Throws TF_PORT_IN_USE, TF_PERMISSION or TF_CONFIG naming address and port.
 */
export async function claimPort(host: string, port: number, file: string): Promise<number> {
  if (port !== 0) return probe(host, port);
  const kept = fs.existsSync(file) ? Number(fs.readFileSync(file, 'utf8')) : 0;
  const chosen = await probe(host, kept).catch(() => probe(host, 0));
  fs.writeFileSync(file, String(chosen));
  return chosen;
}

async function probe(host: string, port: number): Promise<number> {
  const server = net.createServer();
  server.listen({ host, port, exclusive: true });
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw listenError(cause, host, port);
  }
  const { port: bound } = server.address() as net.AddressInfo;
  server.close();
  await once(server, 'close');
  return bound;
}

/** Where a person on this machine reaches the collectors. */
export function collectorUrl(host: string, port: number, isSecure: boolean): string {
  const scheme = isSecure ? 'https' : 'http';
  if (host === '0.0.0.0' || host === '::') return `${scheme}://localhost:${port}`;
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
