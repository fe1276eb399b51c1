import { isDeepStrictEqual } from 'node:util';
import type { Config, LogOptions } from '../model/options.ts';
import { workerCount } from '../server/primary.ts';

/** `applied`, or what stays as it was when the server started: sentences without their end. */
type Treatment<Part> = 'applied' | ((started: Part, wanted: Part) => readonly string[]);

/** Treatment of each part of a configuration by a reload. All are here, so that no new one is forgotten. */
const TREATMENTS: { readonly [Part in keyof Config]: Treatment<Config[Part]> } = {
  listen: 'applied',
  rtmps: 'applied',
  maxConnections: 'applied',
  workers: (started, wanted) =>
    stays('workers', workerCount({ workers: started }), workerCount({ workers: wanted })),
  serverId: (started, wanted) =>
    started === wanted ? [] : stays('server_id', started ?? 'the one that was made up', wanted),
  pidFile: (started, wanted) => stays('pid', started ?? 'unset', wanted ?? 'unset'),
  log: (started, wanted) => [
    ...(started.level === wanted.level ? [] : ['srs_log_level stays as it is']),
    ...stays('the log', placeOf(started), placeOf(wanted)),
  ],
  strictVhost: 'applied',
  drainTimeoutMs: 'applied',
  proxyProtocol: 'applied',
  stateDir: (started, wanted) => stays('state_dir', started, wanted),
  outbox: (started, wanted) => stays('outbox', onOff(started.enabled), onOff(wanted.enabled)),
  journalSize: 'applied',
  httpServer: 'applied',
  https: 'applied',
  httpApi: (started, wanted) => (isDeepStrictEqual(started, wanted) ? [] : ['http_api stays as it is']),
  vhosts: 'applied',
};

/** Sentences on what a reload from one configuration to another leaves as it was when the server started. */
export function notesOfReload(started: Config, wanted: Config): string[] {
  const parts = Object.keys(TREATMENTS) as (keyof Config)[];
  return parts
    .flatMap((part) => notesOf(part, started, wanted))
    .map((note) => `${note} until the server is started again`);
}

function notesOf<Part extends keyof Config>(part: Part, started: Config, wanted: Config): readonly string[] {
  const treatment: Treatment<Config[Part]> = TREATMENTS[part];
  return treatment === 'applied' ? [] : treatment(started[part], wanted[part]);
}

function stays(name: string, started: unknown, wanted: unknown): readonly string[] {
  return started === wanted ? [] : [`${name} stays ${started}`];
}

function placeOf({ file }: LogOptions): string {
  return file === undefined ? 'on the console' : `in ${file}`;
}

function onOff(enabled: boolean): string {
  return enabled ? 'on' : 'off';
}
