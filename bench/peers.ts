import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Child, start, startScript } from './measure/children.ts';

/** Whether a server batches what it writes for a third of a second, or writes as packets come. */
export type LatencyClass = 'batched' | 'low latency';

/** What players speak. */
export type Way = 'rtmp' | 'rtmps' | 'http-flv' | 'ws-flv';

/** A server that the benchmark can run. */
export interface Peer {
  readonly name: string;
  /** True for the loop that does nothing but write: it needs no publisher. */
  readonly bare?: boolean;
  /** RTMP if it is left out. */
  readonly way?: Way;
  /** The same of the build of before. */
  readonly before?: Peer;
  start(core: number, port: number): Promise<Child>;
}

const scratch = mkdtempSync(join(tmpdir(), 'bench-'));
const root = new URL('..', import.meta.url).pathname;

/** Root of a checkout of another build to compare ours with, alone; undefined to compare with other servers. */
const before = process.env['BEFORE'];

/** What is measured beside our build: other servers, or our build of before. */
export function beside(ours: readonly Peer[], others: () => readonly Peer[]): Peer[] {
  if (before === undefined) return [...ours, ...others()];
  return ours.flatMap((peer) => (peer.before ? [peer, peer.before] : []));
}

/** The servers of a class that are on this machine, ours first. */
export function peersOf(latency: LatencyClass): Peer[] {
  const batched = latency === 'batched';
  const hosts: Peer[] = [
    gatecast(batched ? 'mw_latency 350' : 'mw_latency auto', batched ? 'play { mw_latency 350; }' : ''),
  ];
  if (!batched) hosts.push(gatecast('min_latency on', 'min_latency on;'));
  if (batched) hosts.push(overHttp('http-flv'), overHttp('ws-flv'), ...overTls());
  return beside(hosts, () => [
    bareLoop(batched ? 350 : 0),
    ...(batched ? [] : [nodeMediaServer(), ...nginxRtmp()]),
    ...srs(batched),
  ]);
}

/** Gatecast with these directives in its vhost, and outside of it. */
export function gatecast(label: string, vhost: string, outside = ''): Peer {
  const name = `gatecast ${label}`.trim();
  const ours = build(name, root, vhost, outside);
  return before === undefined ? ours : { ...ours, before: build(`${name}, before`, before, vhost, outside) };
}

function build(name: string, checkout: string, vhost: string, outside: string): Peer {
  return {
    name,
    start: (core, port) => {
      const conf = file(
        `gatecast-${port}.conf`,
        `listen ${port}; max_connections 20000; srs_log_level error; state_dir ${scratch}/state-${port}; ${outside}\nvhost __defaultVhost__ { ${vhost} }\n`,
      );
      return listening(start(core, process.execPath, [join(checkout, 'dist/cli/main.js'), '-c', conf]), port);
    },
  };
}

/** Port at which players come by another way to a server that speaks RTMP at this one. */
export function otherPort(port: number): number {
  return port + 10_000;
}

/** Gatecast, batched, whose players come over HTTP. */
function overHttp(way: 'http-flv' | 'ws-flv'): Peer {
  const vhost = 'play { mw_latency 350; } http_remux { enabled on; }';
  return {
    name: `gatecast mw_latency 350, ${way === 'http-flv' ? 'HTTP-FLV' : 'WS-FLV'}`,
    way,
    start: (core, port) =>
      gatecast('', vhost, `http_server { enabled on; listen ${otherPort(port)}; }`).start(core, port),
  };
}

/** Gatecast, batched, whose players come over RTMPS, where there is an openssl to make a certificate. */
function overTls(): Peer[] {
  const [cert, key] = [join(scratch, 'server.crt'), join(scratch, 'server.key')];
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=localhost'];
  if (spawnSync('openssl', [...request, '-keyout', key, '-out', cert]).status !== 0) return [];
  return [
    {
      name: 'gatecast mw_latency 350, RTMPS',
      way: 'rtmps',
      start: (core, port) =>
        gatecast(
          '',
          'play { mw_latency 350; }',
          `rtmps { enabled on; listen ${otherPort(port)}; cert ${cert}; key ${key}; }`,
        ).start(core, port),
    },
  ];
}

function bareLoop(batchMs: number): Peer {
  return {
    name: `bare Node loop, ${batchMs === 0 ? 'each packet' : `${batchMs} ms`}`,
    bare: true,
    start: (core, port) => listening(startScript(core, 'load/bare-loop.ts', [port, batchMs]), port),
  };
}

export function nodeMediaServer(): Peer {
  const require = createRequire(import.meta.url);
  const app = join(dirname(require.resolve('node-media-server')), '../bin/app.js');
  return {
    name: 'node-media-server',
    start(core, port) {
      const config = {
        bind: '127.0.0.1',
        notify: { url: '' },
        auth: { play: false, publish: false, secret: 'x' },
        rtmp: { port },
      };
      const conf = file(`nms-${port}.json`, JSON.stringify(config));
      return listening(
        start(core, process.execPath, [app, '-c', conf, '--data-path', scratch, '--no-admin']),
        port,
      );
    },
  };
}

/** nginx with its RTMP module, if `NGINX` or `nginx` on PATH has it. */
export function nginxRtmp(): Peer[] {
  const nginx = process.env['NGINX'] ?? 'nginx';
  const module = '/usr/lib/nginx/modules/ngx_rtmp_module.so';
  if (spawnSync(nginx, ['-v']).status !== 0 || !existsSync(module)) return [];
  return [
    {
      name: 'nginx-rtmp',
      start(core, port) {
        const conf = file(
          `nginx-${port}.conf`,
          `load_module ${module}; daemon off; worker_processes 1; pid ${scratch}/nginx-${port}.pid; error_log /dev/null;
events { worker_connections 8192; }
rtmp { server { listen 127.0.0.1:${port}; chunk_size 60000; application live { live on; } } }\n`,
        );
        return listening(start(core, nginx, ['-c', conf]), port);
      },
    },
  ];
}

/** SRS, if the environment variable `SRS` names its binary. */
export function srs(batched: boolean, hooks = ''): Peer[] {
  const binary = process.env['SRS'];
  if (binary === undefined) return [];
  const mode = `${batched ? 'default' : 'min_latency on'}${hooks === '' ? '' : ', hooks on'}`;
  return [
    {
      name: `SRS, ${mode}`,
      start(core, port) {
        const vhost = batched ? '' : 'min_latency on; play { mw_latency 0; }';
        const conf = file(
          `srs-${port}.conf`,
          `listen ${port}; max_connections 8000; daemon off; srs_log_tank console; srs_log_level error; pid ${scratch}/srs-${port}.pid;
vhost __defaultVhost__ { ${vhost} ${hooks} }\n`,
        );
        return listening(start(core, binary, ['-c', conf]), port);
      },
    },
  ];
}

function file(name: string, text: string): string {
  const path = join(scratch, name);
  writeFileSync(path, text);
  return path;
}

async function listening(child: Child, port: number): Promise<Child> {
  for (let tries = 0; tries < 100; tries++) {
    if (await answers(port)) return child;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await child.stop();
  throw new Error(`nothing listens on port ${port} after ten seconds`);
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

/** The processor's name, for the report. */
export function machine(): string {
  try {
    const model = /^model name\s*:\s*(.*)$/m.exec(
      execFileSync('cat', ['/proc/cpuinfo'], { encoding: 'utf8' }),
    )?.[1];
    return `${model ?? process.arch}, Node ${process.version}`;
  } catch {
    return `${process.arch}, Node ${process.version}`;
  }
}
