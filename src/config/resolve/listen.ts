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

/** Reports addresses that are wanted twice. */
export function checkAddresses(listeners: readonly Listening[], report: Report): void {
  const owners = new Map<string, string>();
  for (const { who, addresses, settings } of listeners) {
    for (const address of addresses) {
      const name = nameOf(address);
      const owner = address.port === 0 ? undefined : owners.get(name);
      const at = originOf('listen', settings) ?? originOf('enabled', settings);
      if (owner !== undefined && at) {
        const twice =
          owner === who ? `${who} has ${name} twice` : `${who} has ${name}, which ${owner} has too`;
        report.error(at, `${twice}, expected each address once`);
      }
      owners.set(name, who);
    }
  }
}

function nameOf({ host, port }: ListenAddress): string {
  if (host === undefined) return String(port);
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
