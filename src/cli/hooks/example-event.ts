import type { HookEvent } from '../../hooks/event.ts';
import type { Action, RecordedFile } from '../../model/events.ts';

/** Fields of an example event that can be chosen. */
export interface ExampleFacts {
  readonly vhost: string;
  readonly app: string;
  readonly stream: string;
  /** With its `?`, or empty. */
  readonly param: string;
  readonly ip: string;
}

const RECORDING: RecordedFile = {
  id: '6f1d2c38-5c1e-4d3a-9b7f-3a2c8e6d0f1b',
  cwd: '/srv/gatecast',
  file: './objs/nginx/html/live/livestream.1793000000145.flv',
  durationMs: 60_960,
  bytes: 18_891_002,
  reason: 'unpublish',
};

/** Fields of an event that a real client causes, at `stream`. */
export function exampleEvent(action: Action, facts: ExampleFacts): HookEvent {
  const { vhost, app, stream, param, ip } = facts;
  const host = vhost.startsWith('__') ? 'localhost' : vhost;
  const client = { client: { number: 1, id: 'tr1alrun', ip } };
  const address = { vhost, app, stream, param, tcUrl: `rtmp://${host}/${app}`, pageUrl: '' };
  const counters = { durationMs: 61_000, sendBytes: 3_520, recvBytes: 18_874_368 };
  switch (action) {
    case 'on_connect':
    case 'on_publish':
    case 'on_play':
    case 'on_publish_busy':
      return { action, ...client, ...address };
    case 'on_update':
      return { action, ...client, ...address, role: 'publish', counters };
    case 'on_unpublish':
    case 'on_stop':
    case 'on_close':
      return { action, ...client, ...address, ...counters, reason: 'client' };
    case 'on_not_found':
      return { action, ...client, ...address };
    case 'on_dvr':
      return { action, ...client, ...address, recording: RECORDING };
    case 'on_idle':
      return { action, vhost, app, stream };
    case 'on_hls': {
      const url = `${app}/${stream}-7.ts`;
      const m3u8Url = `${app}/${stream}.m3u8`;
      const [cwd, path] = ['/usr/local/gatecast', './objs/nginx/html'];
      const files = { cwd, file: `${path}/${url}`, m3u8: `${path}/${m3u8Url}` };
      return {
        action,
        ...client,
        ...address,
        segment: { ...files, url, m3u8Url, seqNo: 7, durationMs: 10_000 },
      };
    }
    case 'server_started':
    case 'server_stopping':
      return { action, vhost, app: '', stream: '' };
    default:
      return action satisfies never;
  }
}
