import { isIPv6 } from 'node:net';
import { formatIp } from '../../model/ip.ts';
import type { ListenAddress } from '../../model/options.ts';
import type { Report } from '../report.ts';
import { whole } from '../source.ts';
import type { Directive } from '../tree.ts';
import { originOf, type Setting } from './block.ts';

/** Addresses of one kind of listener. */
export interface Listening {
  /** As the file calls it: `listen`, or the block that has one. */
  readonly who: string;
  readonly addresses: readonly ListenAddress[];
  readonly settings: readonly Setting[];
}

/** Reports a file without `listen`. One that could not be read whole may have had it in the part that is lost. */
export function checkThatListens(
  addresses: readonly ListenAddress[],
  root: readonly Directive[],
  file: string,
  report: Report,
): void {
  const missing = addresses.length === 0 && report.errors.length === 0;
  if (missing && !root.some((directive) => directive.name === 'listen'))
    report.error(whole(file), 'listen is missing, expected "listen 1935;"');
}

/** Reports addresses that are wanted twice, by themselves or as part of another one. */
export function checkAddresses(listeners: readonly Listening[], report: Report): void {
  const earlier: { readonly who: string; readonly address: ListenAddress }[] = [];
  for (const { who, addresses, settings } of listeners) {
    for (const address of addresses) {
      const owner = earlier.find((one) => overlap(one.address, address));
      const at = originOf('listen', settings) ?? originOf('enabled', settings);
      if (owner && at) report.error(at, `${describe(who, address, owner)}, expected each address once`);
      earlier.push({ who, address });
    }
  }
}

function describe(
  who: string,
  address: ListenAddress,
  owner: { readonly who: string; readonly address: ListenAddress },
): string {
  const [name, other] = [nameOf(address), nameOf(owner.address)];
  if (name !== other) return `${who} has ${name}, of which ${other} in ${owner.who} is a part or the whole`;
  return owner.who === who ? `${who} has ${name} twice` : `${who} has ${name}, which ${owner.who} has too`;
}

/** Every address of IPv6 leaves room for addresses of IPv4, and a port alone for those of IPv6. */
function overlap(one: ListenAddress, other: ListenAddress): boolean {
  if (one.port !== other.port || one.port === 0) return false;
  const [first, second] = [hostOf(one), hostOf(other)];
  if (first === second) return true;
  if (isIPv6(first) !== isIPv6(second)) return false;
  return [first, second].some((host) => host === '0.0.0.0' || host === '::');
}

function hostOf({ host }: ListenAddress): string {
  return host === undefined ? '0.0.0.0' : formatIp(host);
}

function nameOf({ host, port }: ListenAddress): string {
  if (host === undefined) return String(port);
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
