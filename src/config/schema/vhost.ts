import type { BlockSpec } from './spec.ts';
import { maybe, one, onOff, whole } from './values.ts';

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
export const VHOST: BlockSpec<VhostValues> = {
  path: ['vhost'],
  doc: 'A virtual host. Clients that name a vhost which is not in the file get __defaultVhost__, if there is one.',
  directives: {
    enabled: {
      name: 'enabled',
      takes: 'one value',
      read: one(onOff()),
      fallback: 'on',
      doc: 'Off refuses the clients of this vhost; they do not fall to the default one.',
      example: 'off',
    },
    chunkSize: {
      name: 'chunk_size',
      takes: 'one value',
      read: maybe(whole(128, 65_536)),
      fallback: '',
      unit: 'bytes',
      doc: "Size of the chunks that this vhost's clients are sent; without it that of the top level.",
      example: '4096',
    },
    tcpNodelay: {
      name: 'tcp_nodelay',
      takes: 'one value',
      read: one(onOff()),
      fallback: 'on',
      doc: 'Sends small writes at once. SRS has off, at the price of 40 ms in every handshake.',
      example: 'off',
    },
    minLatency: {
      name: 'min_latency',
      takes: 'one value',
      read: one(onOff()),
      fallback: 'off',
      doc: 'On hands every packet to the players as soon as it is there, whatever mw_latency says.',
      example: 'on',
    },
    outAckSize: {
      name: 'out_ack_size',
      takes: 'one value',
      read: one(whole(0, 2_147_483_647)),
      fallback: '2500000',
      unit: 'bytes',
      doc: 'Acknowledgement window that clients are told.',
      example: '1000000',
    },
    inAckSize: {
      name: 'in_ack_size',
      takes: 'one value',
      read: one(whole(0, 2_147_483_647)),
      fallback: '0',
      unit: 'bytes',
      doc: 'Bytes after which the server acknowledges what it received; 0 follows what the client asks for.',
      example: '2500000',
    },
  },
};
