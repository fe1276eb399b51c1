import { type BlockSpec, block, directive } from './spec.ts';
import { enabled, maybe, one, onOff, whole } from './values.ts';

/** Directives of a vhost outside its blocks. */
export interface VhostValues {
  readonly enabled: boolean;
  readonly chunkSize: number | undefined;
  readonly tcpNodelay: boolean;
  readonly minLatency: boolean;
  readonly outAckSize: number;
  readonly inAckSize: number;
}

/** Directives of `vhost NAME { … }`. */
export const VHOST: BlockSpec<VhostValues> = block({
  path: ['vhost'],
  doc: 'A virtual host. Clients that name a vhost which is not in the file get __defaultVhost__, if there is one.',
  directives: {
    enabled: enabled('on', 'Off refuses the clients of this vhost; they do not fall to the default one.'),
    chunkSize: directive(
      maybe(whole(128, 65_536)),
      '',
      "Size of the chunks that this vhost's clients are sent; without it that of the top level.",
      '4096',
      { unit: 'bytes' },
    ),
    tcpNodelay: onOff(
      'on',
      'Sends small writes at once. SRS has off, at the price of 40 ms in every handshake.',
    ),
    minLatency: onOff(
      'off',
      'On hands every packet to the players as soon as it is there, whatever mw_latency says.',
    ),
    outAckSize: directive(
      one(whole(0, 2_147_483_647)),
      '2500000',
      'Acknowledgement window that clients are told.',
      '1000000',
      { unit: 'bytes' },
    ),
    inAckSize: directive(
      one(whole(0, 2_147_483_647)),
      '0',
      'Bytes after which the server acknowledges what it received; 0 follows what the client asks for.',
      '2500000',
      { unit: 'bytes' },
    ),
  },
});
