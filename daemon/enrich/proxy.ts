import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { TrackflowError } from '../../src/errors/error.ts';
import { BoundedCache } from './bounded-cache.ts';

/** Who sent a request, once the proxies we trust are taken off. */
export interface ClientAddress {
  /** Canonical text, IPv4-mapped IPv6 unmapped, no zone. Empty when the socket has no address (Unix sockets). */
  readonly ip: string;
  /** Whether the client itself is loopback or in a trusted network, so that it may speak for others. */
  readonly trusted: boolean;
}

export type ClientAddressOf = (
  socketAddress: string,
  xForwardedFor: string | undefined,
  forwarded: string | undefined,
) => ClientAddress;

interface Hop extends ClientAddress {
  /** Whether it is in one of the configured networks: only then what it says about its own client is believed. */
  readonly isProxy: boolean;
}

const HOPS_MAX = 32;
const HOPS_CACHED_MAX = 20_000;
const HOP_CHARS_MAX = 64;
const NO_HOP: Hop = { ip: '', trusted: false, isProxy: false };

/**
 * Finds the client of a request. Proxies append, so the headers are read from the right: each address is believed
 * only because the hop after it is in `trustedProxies` (CIDRs or single addresses). The first hop that is not is the client;
 * something malformed ends the walk at the last good hop.
 *
 * X-Forwarded-For goes before Forwarded: proxies that write the former pass a forged Forwarded of the client through. A
 * request that carries either header without coming from a configured proxy is never trusted: there is a proxy in
 * front that nobody told us about, and who stands behind it is unknown.
 *
 * Throws TF_CONFIG for an entry that is no network.
 */
export function createClientAddress(trustedProxies: readonly string[]): ClientAddressOf {
  const networks = trustedProxies.map(parseNetwork);
  const hops = new BoundedCache<Hop>(HOPS_CACHED_MAX / 2);

  function hopOf(text: string): Hop {
    const known = hops.get(text);
    if (known !== undefined) return known;
    if (text.length > HOP_CHARS_MAX) return NO_HOP;
    const hop = readHop(text, networks);
    hops.set(text, hop);
    return hop;
  }

  return (socketAddress, xForwardedFor, forwarded) => {
    const peer = hopOf(socketAddress);
    if (xForwardedFor === undefined && forwarded === undefined) return peer;
    if (!peer.isProxy) return { ip: peer.ip, trusted: false };
    return walkHops(peer, xForwardedFor?.split(',') ?? forwardedFor(forwarded!), hopOf);
  };
}

function walkHops(peer: Hop, chain: readonly string[], hopOf: (text: string) => Hop): ClientAddress {
  let client = peer;
  const end = Math.max(0, chain.length - HOPS_MAX);
  for (let index = chain.length - 1; index >= end && client.isProxy; index--) {
    const hop = hopOf(stripPort(chain[index]!.trim()));
    if (hop.ip === '') return { ip: client.ip, trusted: false };
    client = hop;
  }
  return client;
}

/** The `for` parameters of a Forwarded header (RFC 7239), in order; an element without one stands as empty text. */
function forwardedFor(header: string): string[] {
  return header.split(',').map((element) => {
    const match = /(?:^|;)\s*for\s*=\s*(?:"([^"]*)"|([^\s;"]+))/i.exec(element);
    return match?.[1] ?? match?.[2] ?? '';
  });
}

/** `1.2.3.4:80` and `[::1]:80` to the address; anything else as it is. */
function stripPort(text: string): string {
  if (text.startsWith('[')) {
    const end = text.indexOf(']');
    return end === -1 ? '' : text.slice(1, end);
  }
  const colon = text.indexOf(':');
  return colon !== -1 && text.indexOf(':', colon + 1) === -1 ? text.slice(0, colon) : text;
}

function readHop(text: string, networks: readonly Network[]): Hop {
  const address = parseAddress(text);
  if (address === undefined) return NO_HOP;
  const isProxy = networks.some((network) => matches(address, network));
  return { ip: address.toString(), isProxy, trusted: isProxy || address.range() === 'loopback' };
}

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** IPv4-mapped IPv6 becomes IPv4; a zone (`%eth0`) means nothing outside of the machine that wrote it. */
function parseAddress(text: string): Address | undefined {
  const zone = text.indexOf('%');
  const plain = zone === -1 ? text : text.slice(0, zone);
  return isIP(plain) === 0 ? undefined : ipaddr.process(plain); // ipaddr.js alone would also take 127.1 or 0x7f000001
}

type Network = readonly [Address, number];

function matches(address: Address, [base, bits]: Network): boolean {
  return address.kind() === base.kind() && address.match(base, bits);
}

function parseNetwork(text: string): Network {
  const slash = text.indexOf('/');
  const address = parseAddress(slash === -1 ? text : text.slice(0, slash));
  if (address !== undefined) {
    if (slash === -1) return [address, address.kind() === 'ipv4' ? 32 : 128];
    if (ipaddr.isValidCIDR(text)) return ipaddr.parseCIDR(text);
  }
  throw new TrackflowError('TF_CONFIG', `receive.trustedProxies has ${JSON.stringify(text)}, which is no network`, {
    hints: ['give networks like 10.0.0.0/8 or fd00::/8, or single addresses'],
  });
}

/** The canonical text of an address that a trusted sender claims, or empty when it is none. */
export function canonicalIp(text: string): string {
  return parseAddress(text)?.toString() ?? '';
}
