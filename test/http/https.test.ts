import { copyFileSync } from 'node:fs';
import type { ClientRequest } from 'node:http';
import { get, type RequestOptions } from 'node:https';
import { connect } from 'node:net';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { expect, onTestFinished, type TestContext, test } from 'vitest';
import { WebSocket } from 'ws';
import { certificateMaker, trusting } from '../support/certificates.ts';
import { FlvReader } from '../support/flv-reader.ts';
import { vhost } from '../support/options.ts';
import { until } from '../support/until.ts';
import { opening, packet, startWebServer } from '../support/web-server.ts';

/** A server that speaks HTTPS, with a certificate of its own and one of a vhost, and clients that trust both. */
async function start(context: TestContext) {
  const maker = certificateMaker(context);
  const files = maker.make('server', ['a.example']);
  const own = maker.make('own', ['b.example']);
  const renewed = maker.make('renewed', ['a.example', 'new.example']);
  const web = await startWebServer({
    https: { listen: [{ host: '127.0.0.1', port: 0 }], versions: ['TLSv1.2', 'TLSv1.3'], ...files },
    vhosts: [vhost(), vhost({ name: 'b.example', tls: own })],
  });
  const port = web.server.addresses.find(({ protocol }) => protocol === 'https')?.port ?? 0;
  const ca = [trusting(files), trusting(own), trusting(renewed)];
  /** How a client reaches a host of this name. */
  const to = (servername: string, path = '/live/cam.flv') => {
    const headers = { host: `${servername}:${port}` };
    return { host: '127.0.0.1', port, path, servername, ca, headers, agent: false as const };
  };
  const publisher = await web.publish();
  publisher.send(...opening());
  return { ...web, port, to, publisher, files, renewed };
}

/** A viewer with the FLV tags that it has been given. */
function watch(request: ClientRequest) {
  const reader = new FlvReader();
  const tags: { readonly payload: Buffer }[] = [];
  let names: string | undefined;
  onTestFinished(() => void request.destroy());
  request
    .on('error', () => undefined)
    .on('response', (response) => {
      names = (response.socket as TLSSocket).getPeerX509Certificate()?.subjectAltName;
      response.on('data', (bytes: Buffer) => tags.push(...reader.push(bytes))).on('error', () => undefined);
    });
  return {
    has: (text: string) => until(text, () => tags.some(({ payload }) => payload.includes(text))),
    get names() {
      return names;
    },
  };
}

const statusOf = (options: RequestOptions) =>
  new Promise<number>((resolve, reject) => {
    const request = get(options, ({ statusCode = 0 }) => {
      resolve(statusCode);
      request.destroy();
    }).on('error', reject);
  });

test('viewers over HTTPS get the stream, and each host its certificate', async (context) => {
  const { to, gate, publisher } = await start(context);
  const viewer = watch(get(to('a.example')));
  await viewer.has('f1');
  publisher.send(packet.frame('f2', 80));
  await viewer.has('f2');
  expect(viewer.names).toBe('DNS:a.example');
  expect(gate.asked.at(-1)).toMatchObject({ action: 'on_play', client: { ip: '127.0.0.1' } });
  const other = watch(get(to('b.example')));
  await until('the answer for the other vhost', () => other.names);
  expect(other.names).toBe('DNS:b.example');
  expect(await statusOf(to('a.example', '/nothing'))).toBe(404);
});

test('viewers over WSS get the same', async (context) => {
  const { port, to, publisher } = await start(context);
  const { servername, ca } = to('a.example');
  const trust: ConnectionOptions = { servername, ca };
  const socket = new WebSocket(`wss://127.0.0.1:${port}/live/cam.flv`, [], trust);
  onTestFinished(() => socket.terminate());
  const reader = new FlvReader();
  const tags: { readonly payload: Buffer }[] = [];
  socket.on('message', (bytes: Buffer) => tags.push(...reader.push(bytes)));
  const has = (text: string) => until(text, () => tags.some(({ payload }) => payload.includes(text)));
  await has('f1');
  publisher.send(packet.frame('f2', 80));
  await has('f2');
});

test('a renewed certificate is for those who come, and viewers who are there go on', async (context) => {
  const { to, publisher, files, renewed, clock, log } = await start(context);
  const viewer = watch(get(to('a.example')));
  await viewer.has('f1');
  copyFileSync(renewed.cert, files.cert);
  copyFileSync(renewed.key, files.key);
  clock.advance(5000);
  await until('the renewal', () => log.some(({ message }) => message === 'certificate renewed'));
  const newcomer = watch(get(to('new.example')));
  await newcomer.has('f1');
  publisher.send(packet.frame('f2', 80));
  await viewer.has('f2');
  await newcomer.has('f2');
});

test('HTTP without TLS is closed, and the log says what was expected', async (context) => {
  const { port, log } = await start(context);
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined).resume();
  socket.write('GET / HTTP/1.1\r\nHost: a.example\r\n\r\n');
  await new Promise((resolve) => socket.once('close', resolve));
  await until('the line', () => log.find(({ message }) => message === 'connection dropped'));
  expect(log.find(({ message }) => message === 'connection dropped')?.fields['why']).toBe(
    'the client sent HTTP without TLS: at this port URLs begin with https://',
  );
});

test('a server that stops ends its viewers over HTTPS', async (context) => {
  const { to, server } = await start(context);
  const request = get(to('a.example'));
  const viewer = watch(request);
  await viewer.has('f1');
  const closed = new Promise((resolve) => request.once('close', resolve));
  await server.stop();
  await closed;
  await until('nobody', () => server.connections === 0);
});
