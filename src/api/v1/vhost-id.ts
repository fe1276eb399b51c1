import { createHash } from 'node:crypto';

/** The id of a vhost, in the form of SRS's: it follows from the name, so that it is the same after a restart. */
export function vhostId(name: string): string {
  const hash = createHash('sha1').update(`vhost ${name}`).digest().readUIntBE(0, 6);
  return `vid-${(hash % 36 ** 7).toString(36).padStart(7, '0')}`;
}
