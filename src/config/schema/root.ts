import type { ListenAddress } from '../../model/options.ts';
import { type BlockSpec, block, directive } from './spec.ts';
import { choice, listenAddress, many, maybe, one, onOff, text, whole, wordOr } from './values.ts';

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
export const ROOT: BlockSpec<RootValues> = block({
  path: [],
  doc: 'The server as a whole.',
  directives: {
    listen: directive(
      many(listenAddress()),
      '',
      'Where RTMP clients connect: ports, or addresses with ports. A port alone is every address of IPv4 and IPv6; beside addresses of IPv6 with the same port, such as [::]:1935, it is those of IPv4. Has no default and must be given.',
      '1935 127.0.0.1:19350 [::1]:1935',
    ),
    maxConnections: directive(
      one(whole(1, 10_000_000)),
      '1000',
      'Connections held at a time; one more is closed at once. Of several workers each holds an equal share, rounded up. Each is an open file: the log warns at the start if the limit of the process (ulimit -n) is too low for them.',
      '10000',
    ),
    workers: directive(
      one(wordOr('auto', whole(1, MOST_WORKERS), `a whole number from 1 to ${MOST_WORKERS}`)),
      '1',
      'Processes that share the ports and the streams; auto is one for each core. A change takes a restart. Gatecast only.',
      'auto',
    ),
    chunkSize: directive(
      one(whole(128, 65_536)),
      '60000',
      'Size of the chunks that clients are sent, 128 to 65536, for every vhost that does not set its own.',
      '60000',
      { unit: 'bytes' },
    ),
    strictVhost: onOff(
      'off',
      'Refuses a client that names a vhost which is not in this file, instead of giving it __defaultVhost__. Gatecast only.',
    ),
    drainTimeoutMs: directive(
      one(whole(0, 3_600_000)),
      '10000',
      'Time that a stopping server has in all: to close its clients, finish recordings and segments, end its workers and deliver its closing hooks. What is not done then is left to the next start. Gatecast only.',
      '30000',
      { unit: 'milliseconds' },
    ),
    serverId: directive(
      maybe(text(128)),
      '',
      'Name of this server in hook bodies of schema srs5. Without it one is made up at each start. A change takes a restart.',
      'vid-frankfurt-1',
    ),
    pidFile: directive(
      maybe(text(4096)),
      '',
      'File that holds the process id while the server runs. Without it none is written. A change takes a restart.',
      './objs/gatecast.pid',
      { name: 'pid', path: 'write' },
    ),
    stateDir: directive(
      one(text(4096)),
      './objs',
      'Directory of what has to outlive the process: the outbox of http_hooks, the journal of dvr, the numbers of HLS playlists, and the socket by which "gatecast hooks" reaches the server. Two servers cannot share one. Not used if no vhost has http_hooks, dvr or hls. A change takes a restart. Gatecast only.',
      '/var/lib/gatecast',
      { path: 'write' },
    ),
    journalSize: directive(
      one(whole(0, 1_000_000)),
      '1000',
      'Requests to backends, with their answers, that the server remembers for "gatecast hooks". Gatecast only.',
      '10000',
      { name: 'hook_journal' },
    ),
    logTank: directive(
      one(choice('console', 'file')),
      'console',
      'Where the log goes: console (standard output), or file, which needs srs_log_file. A change takes a restart.',
      'file',
      { name: 'srs_log_tank' },
    ),
    logFile: directive(
      maybe(text(4096)),
      '',
      'The log file; used when srs_log_tank is file. A change takes a restart.',
      './objs/gatecast.log',
      { name: 'srs_log_file', path: 'write' },
    ),
    logLevel: directive(
      one(choice('verbose', 'info', 'trace', 'debug', 'warn', 'error')),
      'trace',
      'The least that is logged, on the scale of SRS: verbose and info are debug lines, trace is the usual level, then warn and error. A change takes a restart.',
      'warn',
      { name: 'srs_log_level' },
    ),
  },
});
