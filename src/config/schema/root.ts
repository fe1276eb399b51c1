import { z } from 'zod';
import type { ListenAddress } from '../../model/options.ts';
import type { BlockSpec } from './spec.ts';
import { choice, listenAddress, many, maybe, one, onOff, text, whole } from './values.ts';

/** Directives of the top level. */
export interface RootValues {
  readonly listen: readonly ListenAddress[];
  readonly maxConnections: number;
  readonly workers: number | 'auto';
  readonly chunkSize: number;
  readonly strictVhost: boolean;
  readonly drainTimeoutMs: number;
  readonly serverId: string | undefined;
  readonly pidFile: string | undefined;
  readonly logTank: 'console' | 'file';
  readonly logFile: string | undefined;
  readonly stateDir: string;
  readonly journalSize: number;
  readonly logLevel: 'verbose' | 'info' | 'trace' | 'debug' | 'warn' | 'error';
}

const MOST_WORKERS = 256;

/** Directives outside every block. */
export const ROOT: BlockSpec<RootValues> = {
  path: [],
  doc: 'The server as a whole.',
  directives: {
    listen: {
      name: 'listen',
      takes: 'one or more values',
      read: many(listenAddress()),
      fallback: '',
      doc: 'Where RTMP clients connect: ports, or addresses with ports. A port alone is every address of IPv4 and IPv6; beside addresses of IPv6 with the same port, such as [::]:1935, it is those of IPv4. Has no default and must be given.',
      example: '1935 127.0.0.1:19350 [::1]:1935',
    },
    maxConnections: {
      name: 'max_connections',
      takes: 'one value',
      read: one(whole(1, 10_000_000)),
      fallback: '1000',
      doc: 'Connections held at a time; one more is closed at once. Of several workers each holds an equal share, rounded up. Each is an open file: the log warns at the start if the limit of the process (ulimit -n) is too low for them.',
      example: '10000',
    },
    workers: {
      name: 'workers',
      takes: 'one value',
      read: one(
        z.union([z.literal('auto'), whole(1, MOST_WORKERS)], {
          error: ({ input }) =>
            `is ${JSON.stringify(input)}, expected auto or a whole number from 1 to ${MOST_WORKERS}`,
        }) as z.ZodType<number | 'auto', string>,
      ),
      fallback: '1',
      doc: 'Processes that share the ports and the streams; auto is one for each core. A change takes a restart. Gatecast only.',
      example: 'auto',
    },
    chunkSize: {
      name: 'chunk_size',
      takes: 'one value',
      read: one(whole(128, 65_536)),
      fallback: '60000',
      unit: 'bytes',
      doc: 'Size of the chunks that clients are sent, 128 to 65536, for every vhost that does not set its own.',
      example: '60000',
    },
    strictVhost: {
      name: 'strict_vhost',
      takes: 'one value',
      read: one(onOff()),
      fallback: 'off',
      doc: 'Refuses a client that names a vhost which is not in this file, instead of giving it __defaultVhost__. Gatecast only.',
      example: 'on',
    },
    drainTimeoutMs: {
      name: 'drain_timeout',
      takes: 'one value',
      read: one(whole(0, 3_600_000)),
      fallback: '10000',
      unit: 'milliseconds',
      doc: 'Time that a stopping server has in all: to close its clients, finish recordings and segments, end its workers and deliver its closing hooks. What is not done then is left to the next start. Gatecast only.',
      example: '30000',
    },
    serverId: {
      name: 'server_id',
      takes: 'one value',
      read: maybe(text(128)),
      fallback: '',
      doc: 'Name of this server in hook bodies of schema srs5. Without it one is made up at each start. A change takes a restart.',
      example: 'vid-frankfurt-1',
    },
    pidFile: {
      name: 'pid',
      path: 'write',
      takes: 'one value',
      read: maybe(text(4096)),
      fallback: '',
      doc: 'File that holds the process id while the server runs. Without it none is written. A change takes a restart.',
      example: './objs/gatecast.pid',
    },
    stateDir: {
      name: 'state_dir',
      path: 'write',
      takes: 'one value',
      read: one(text(4096)),
      fallback: './objs',
      doc: 'Directory of what has to outlive the process: the outbox of http_hooks, the journal of dvr, the numbers of HLS playlists, and the socket by which "gatecast hooks" reaches the server. Two servers cannot share one. Not used if no vhost has http_hooks, dvr or hls. A change takes a restart. Gatecast only.',
      example: '/var/lib/gatecast',
    },
    journalSize: {
      name: 'hook_journal',
      takes: 'one value',
      read: one(whole(0, 1_000_000)),
      fallback: '1000',
      doc: 'Requests to backends, with their answers, that the server remembers for "gatecast hooks". Gatecast only.',
      example: '10000',
    },
    logTank: {
      name: 'srs_log_tank',
      takes: 'one value',
      read: one(choice('console', 'file')),
      fallback: 'console',
      doc: 'Where the log goes: console (standard output), or file, which needs srs_log_file. A change takes a restart.',
      example: 'file',
    },
    logFile: {
      name: 'srs_log_file',
      path: 'write',
      takes: 'one value',
      read: maybe(text(4096)),
      fallback: '',
      doc: 'The log file; used when srs_log_tank is file. A change takes a restart.',
      example: './objs/gatecast.log',
    },
    logLevel: {
      name: 'srs_log_level',
      takes: 'one value',
      read: one(choice('verbose', 'info', 'trace', 'debug', 'warn', 'error')),
      fallback: 'trace',
      doc: 'The least that is logged, on the scale of SRS: verbose and info are debug lines, trace is the usual level, then warn and error. A change takes a restart.',
      example: 'warn',
    },
  },
};
