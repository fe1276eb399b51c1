import { spawnSync } from 'node:child_process';
import { copyFileSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, expect, type TestContext, test } from 'vitest';
import { ClientSession } from '../../src/rtmp/client-session.ts';
import { certificateMaker, trusting } from '../support/certificates.ts';
import { type Child, startChild } from '../support/child.ts';
import { ffmpegPath, KNOWN_SOON, makeFlv, requiredFfmpeg, startFfmpeg } from '../support/ffmpeg.ts';
import { AUDIO, fingerprintsOf, readFlv, VIDEO } from '../support/flv-file.ts';
import { type GatecastProcess, ROOT, startGatecast } from '../support/gatecast.ts';
import { requiredProgram } from '../support/requires.ts';
import { startPlaying } from '../support/rtmp-peer.ts';
import { stopped } from '../support/stopped.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { until } from '../support/until.ts';

const files = temporaryDirectory();
const SOURCE = files.file('source.flv');

beforeAll(() => {
  if (ffmpegPath !== undefined) makeFlv(SOURCE, { seconds: 2 });
});
afterAll(() => files.stop());

/** The server with a file of conf/, with the certificate that its comment makes, at ports of its own. */
async function start(context: TestContext, name: string, directives = '') {
  requiredProgram(context, 'openssl');
  const directory = stopped(temporaryDirectory());
  const conf = readFileSync(resolve(ROOT, 'conf', name), 'utf8').replaceAll(
    /(?:\.\/)?conf\/server\./g,
    directory.file('server.'),
  );
  const [command = ''] = /openssl req .*/.exec(conf) ?? [];
  expect(spawnSync('sh', ['-c', command], { encoding: 'utf8' })).toMatchObject({ status: 0 });
  const text = conf.replaceAll(/^( *listen) \d+;/gm, '$1 127.0.0.1:0;');
  const server = stopped(await startGatecast(`${text}\n${directives}`));
  const { listen } = await server.logged('gatecast is listening');
  const addresses = listen as { protocol: string; port: number }[];
  const port = addresses.find(({ protocol }) => protocol === 'rtmps' || protocol === 'https')?.port;
  return {
    server,
    port,
    directory,
    certificate: readFileSync(directory.file('server.crt'), 'utf8'),
    url: (path: string) => `rtmps://127.0.0.1:${port}/${path}`,
  };
}

/** Lets the server end by itself, and with it those who play. */
async function drained({ child }: GatecastProcess): Promise<void> {
  child.kill('SIGTERM');
  expect(await child.end()).toBe(0);
}

/** Expects what ffmpeg published, all of it. */
function expectAll(saved: string): void {
  for (const type of [VIDEO, AUDIO])
    expect(fingerprintsOf(type, readFlv(saved))).toEqual(fingerprintsOf(type, readFlv(SOURCE)));
}

test('conf/rtmps.conf: ffmpeg publishes over RTMPS what ffmpeg and rtmpdump save over it', async (context) => {
  requiredFfmpeg(context);
  const rtmpdump = requiredProgram(context, 'rtmpdump');
  const { server, url } = await start(context, 'rtmps.conf');
  const [byFfmpeg, byRtmpdump] = [files.file('ffmpeg.flv'), files.file('rtmpdump.flv')];
  const ffmpeg = stopped(
    startFfmpeg(...KNOWN_SOON, '-i', url('live/cam'), '-c', 'copy', '-f', 'flv', byFfmpeg),
  );
  const dump = stopped(startChild(rtmpdump, ['-v', '-r', url('live/cam'), '-o', byRtmpdump]));
  await until('both players', () => server.log.filter(({ msg }) => msg === 'play started').length === 2);
  const publisher = stopped(startFfmpeg('-re', '-i', SOURCE, '-c', 'copy', '-f', 'flv', url('live/cam')));
  expect(await publisher.end()).toBe(0);
  await drained(server);
  await Promise.all([ffmpeg.end(), dump.end()]);
  for (const saved of [byFfmpeg, byRtmpdump]) expectAll(saved);
});

test('conf/https.conf: curl saves over HTTPS from either worker what ffmpeg publishes', async (context) => {
  requiredFfmpeg(context);
  const curl = requiredProgram(context, 'curl');
  const { server, port, directory } = await start(context, 'https.conf', 'workers 2;');
  const played = () => server.log.filter(({ msg }) => msg === 'play started');
  const saved: string[] = [];
  const viewers: Child[] = [];
  await until('a viewer in each worker', async () => {
    const file = files.file(`curl-${saved.length}.flv`);
    const version = saved.length % 2 === 0 ? '--http1.1' : '--http1.0';
    const args = ['-sS', version, '--cacert', directory.file('server.crt'), '-o', file];
    viewers.push(stopped(startChild(curl, [...args, `https://localhost:${port}/live/cam.flv`])));
    saved.push(file);
    await until('a viewer', () => played().length === saved.length);
    return new Set(played().map((line) => line['worker'])).size === 2;
  });
  const publisher = stopped(
    startFfmpeg('-re', '-i', SOURCE, '-c', 'copy', '-f', 'flv', server.url('live/cam')),
  );
  expect(await publisher.end()).toBe(0);
  await drained(server);
  for (const viewer of viewers) expect(await viewer.end()).toBe(0);
  for (const file of saved) expectAll(file);
});

test('two workers share the port, and each goes over to a new certificate', async (context) => {
  const { server, port, certificate, directory } = await start(context, 'rtmps.conf', 'workers 2;');
  const dial = async (ca: string) => {
    const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ca });
    stopped({ stop: () => socket.destroy() });
    await new Promise<void>((done, failed) =>
      socket.once('secureConnect', () => done()).once('error', failed),
    );
    return ClientSession.connect(socket, { tcUrl: `rtmps://localhost:${port}/live`, app: 'live' });
  };
  const publisher = await dial(certificate);
  await publisher.publish('cam');
  const workers = () =>
    new Set(server.log.filter(({ msg }) => msg === 'client connected').map((line) => line['worker']));
  await until('a client in each worker', async () => {
    await dial(certificate);
    return workers().size === 2;
  });
  const renewed = certificateMaker(context).make('renewed', ['localhost']);
  for (const [from, to] of [
    [renewed.cert, 'server.crt'],
    [renewed.key, 'server.key'],
  ] as const)
    copyFileSync(from, directory.file(to));
  server.child.kill('SIGHUP');
  await server.logged('configuration reloaded');
  for (let i = 0; i < 10; i++) await dial(trusting(renewed));
  expect(server.log.filter(({ msg }) => msg === 'certificate renewed')).toHaveLength(1);
  const player = stopped(await startPlaying('cam', server));
  publisher.send({
    type: VIDEO,
    timestamp: 0,
    csid: 6,
    streamId: 1,
    payload: Buffer.from([0x17, 1, 0, 0, 0, 9]),
  });
  await player.hasMedia(1);
});
