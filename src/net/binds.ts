import { isIPv6 } from 'node:net';
import type { ListenAddress } from '../model/options.ts';

/** One socket to listen with. */
export interface Bind {
  /** Undefined is every address of both kinds, at a port that the operating system chooses. */
  readonly host: string | undefined;
  readonly port: number;
  /** True leaves IPv4 to somebody else. */
  readonly ipv6Only: boolean;
  /** True if a machine without IPv6 can do without it. */
  readonly isOptional: boolean;
}

/** Hosts that stand for every address of their kind. */
export const IPV4_ANY = '0.0.0.0';
export const IPV6_ANY = '::';

/**
 * The sockets for an address, one of several that are wanted at the same time. A port alone, and `[::]` as well, is every
 * address of IPv4 and of IPv6, but for those of which `all` names some with this port itself: so `1935 [::]:1935` is a
 * socket of each kind, and a reload between these forms opens and closes no more than what differs.
 */
export function bindsOf({ host, port }: ListenAddress, all: readonly ListenAddress[]): readonly Bind[] {
  const isEvery = host === undefined || host === IPV6_ANY;
  if (!isEvery) return [{ host, port, ipv6Only: isIPv6(host), isOptional: false }];
  // Two sockets would get two ports.
  if (port === 0) return [{ host, port, ipv6Only: false, isOptional: false }];
  const others = all.filter((other) => other.port === port && other.host !== host);
  const hasOther4 = others.some((other) => other.host === undefined || !isIPv6(other.host));
  const hasOther6 = others.some((other) => other.host !== undefined && isIPv6(other.host));
  const ipv4 = { host: IPV4_ANY, port, ipv6Only: false, isOptional: false };
  const ipv6 = { host: IPV6_ANY, port, ipv6Only: true, isOptional: host === undefined || hasOther4 };
  if (host === undefined) return hasOther6 ? [ipv4] : [ipv4, ipv6];
  return hasOther4 ? [ipv6] : [ipv4, ipv6];
}
