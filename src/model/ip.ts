import { BlockList, isIP, SocketAddress } from 'node:net';

/** An address in its usual form: IPv4-mapped IPv6 as IPv4, IPv6 shortened, without a zone. */
export function formatIp(address: string): string {
  const bare = address.replace(/%.*$/, '');
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare)?.[1];
  if (mapped !== undefined) return mapped;
  if (isIP(bare) !== 6) return bare;
  const { address: short } = new SocketAddress({ address: bare, family: 'ipv6' });
  // A mapped address in hexadecimal is spelled with dots by now.
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(short)?.[1] ?? short;
}

/** True if `text` is an address or a network in CIDR form. */
export function isNetwork(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/');
  const family = isIP(address);
  if (family === 0 || more.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

/** Tells whether an address is in any of these networks (addresses or CIDR, as `isNetwork` accepts them). */
export function networkMatcher(networks: readonly string[]): (ip: string) => boolean {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return (ip) => {
    const family = isIP(ip);
    return family !== 0 && list.check(ip, family === 6 ? 'ipv6' : 'ipv4');
  };
}

/** True for an address that only this machine can reach. */
export function isLoopback(ip: string): boolean {
  return ip === '::1' || /^127\./.test(formatIp(ip));
}
