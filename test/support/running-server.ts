import { createServer, parseConfigText, type Server, type ServerDeps } from '../../src/index.ts';
import type { Logger } from '../../src/model/logger.ts';
import { ownStateDir } from './temporary.ts';

/** A server in the test's own process. */
export interface RunningServer {
  readonly server: Server;
  readonly port: number;
  readonly log: readonly LogLine[];
  url(path: string): string;
  /** The same for another protocol that the server speaks. */
  urlOf(protocol: string, path: string): string;
  stop(): Promise<void>;
}

/** What was logged, with the message at `msg`. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly msg: string };

/** Starts a server at a port that is free. `conf` is in SRS grammar, without `listen`. */
export async function startServer(
  conf = 'vhost __defaultVhost__ { }',
  deps: Omit<Partial<ServerDeps>, 'logger'> = {},
): Promise<RunningServer> {
  const state = /^\s*state_dir\b/m.test(conf) ? '' : `state_dir ${ownStateDir()};`;
  const result = parseConfigText(`listen 127.0.0.1:0;${state}\n${conf}`, 'test.conf');
  if (!result.ok) throw new Error(JSON.stringify(result.errors));
  const log: LogLine[] = [];
  const server = await createServer(result.config, { logger: collect(log, {}), ...deps });
  const portOf = (protocol: string) =>
    server.addresses.find((address) => address.protocol === protocol)?.port ?? 0;
  const port = portOf('rtmp');
  return {
    server,
    port,
    log,
    url: (path) => `rtmp://127.0.0.1:${port}/${path}`,
    urlOf: (protocol, path) => `${protocol}://127.0.0.1:${portOf(protocol)}/${path}`,
    stop: () => server.stop(),
  };
}

function collect(log: LogLine[], bound: object): Logger {
  const take = (fields: object, msg: string) => void log.push({ ...bound, ...fields, msg });
  return {
    debug: () => undefined,
    info: take,
    warn: take,
    error: take,
    child: (fields) => collect(log, { ...bound, ...fields }),
  };
}
