import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { startGatecast } from '../support/gatecast.ts';
import { picture } from '../support/picture.ts';
import { SIGNPOST, viewerWhere } from '../support/placed-viewer.ts';
import { startPublishing } from '../support/rtmp-peer.ts';
import { stopped } from '../support/stopped.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { until } from '../support/until.ts';

test('no worker gives segments and recordings away: not while HLS is on, not after a reload, not after kill -9', async () => {
  const dir = stopped(temporaryDirectory()).file('html');
  const files = () =>
    existsSync(join(dir, 'live')) ? readdirSync(join(dir, 'live')).map((name) => `/live/${name}`) : [];
  const port = await freePort();
  const conf = (state: 'on' | 'off') => `workers 2; ${SIGNPOST}
    http_server { enabled on; listen 127.0.0.1:${port}; dir ${dir}; trusted 127.0.0.1; }
    vhost __defaultVhost__ {
      hls { enabled ${state}; hls_fragment 1; hls_path ${dir}; }
      dvr { enabled ${state}; dvr_path ${dir}/[app]/[stream].[timestamp].flv; }
    }`;
  const server = stopped(await startGatecast(conf('on')));
  const publisher = stopped(await startPublishing('cam', server));
  publisher.send(...picture.stream(120));
  await until('segments and a recording', () => files().length >= 4 && files().join().includes('.flv.tmp'));

  const givenAway = async (from: typeof server) => {
    const given: string[] = [];
    for (const isRight of [(worker: number) => worker === 1, (worker: number) => worker !== 1]) {
      const viewer = await viewerWhere(from, port, isRight);
      for (const url of files()) if ((await viewer.get(url)).status === 200) given.push(url);
    }
    return given;
  };
  // Who asks for the playlist becomes a viewer.
  expect((await givenAway(server)).filter((url) => !url.endsWith('.m3u8'))).toEqual([]);
  await server.reload(conf('off'));
  expect(await givenAway(server)).toEqual([]);
  server.child.kill('SIGKILL');
  await server.child.exited;
  const next = stopped(await startGatecast(conf('off')));
  expect(files().join()).toMatch(/\.ts.*\.m3u8|\.m3u8.*\.ts/);
  expect(await givenAway(next)).toEqual([]);
});
