import { createServer } from 'node:net';
import { basename, dirname } from 'node:path';
import { expect, test } from 'vitest';
import { answers, freePort } from '../support/free-port.ts';
import { startGatecast } from '../support/gatecast.ts';
import { hooksTo, startBackends } from '../support/hook-backends.ts';
import { stopped } from '../support/stopped.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { connectWhere, opening } from '../support/workers.ts';

/** Two workers, and the configuration with which they begin; all that a reload can change is different in the new one. */
async function start() {
  const backends = stopped(await startBackends('old', 'new'));
  const recordings = stopped(temporaryDirectory());
  const port = await freePort();
  const conf = (which: 'old' | 'new', extra = '') => {
    const origin = backends.at[which] ?? '';
    return `workers 2; listen 127.0.0.1:${port}; ${extra}
      http_api { enabled on; listen 127.0.0.1:0; }
      vhost __defaultVhost__ {
        ${hooksTo([origin], which, `on_dvr ${origin}/dvr;`)}
        dvr { enabled on; dvr_path ${recordings.path}/${which}/[stream].flv; }
      }`;
  };
  const server = stopped(await startGatecast(conf('old', 'hook_journal 100;')));
  const { api } = await server.logged('gatecast is listening');
  const ask = async (path: string) =>
    (await fetch(`http://127.0.0.1:${(api as { port: number }).port}${path}`)).json();
  /** All that a reload can change, as those see it who come to a worker from now on. */
  const portrait = async (worker: number) => {
    const { session } = await connectWhere(server, (number) => number === worker);
    backends.forget();
    const streamId = await session.publish('cam');
    session.send(...opening(streamId));
    session.close();
    const [dvr] = await backends.received(1, 'on_dvr');
    await backends.received(1, 'on_close');
    const { deliveries } = (await ask('/api/v2/deliveries')) as { deliveries: unknown[] };
    const { urls } = (await ask('/api/v2/hooks')) as { urls: { url: string }[] };
    return {
      events: [...new Set(backends.order.map((post) => post.split(' ')[0]))],
      recordedIn: basename(dirname(String(dvr?.body['file']))),
      isJournalLong: deliveries.length > 1,
      health: urls.map(({ url }) => url).sort(),
    };
  };
  return { server, conf, portrait };
}

test('a reload that one address spoils changes nothing in any worker, and one without it changes all of them', async () => {
  const { server, conf, portrait } = await start();
  const before = [await portrait(1), await portrait(2)];
  expect(before).toMatchObject([
    { events: ['old'], recordedIn: 'old' },
    { events: ['old'], recordedIn: 'old' },
  ]);
  const [taken, free] = [await freePort(), await freePort()];
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(taken, '127.0.0.1', resolve));
  stopped({ stop: () => void other.close() });
  const extra = (...ports: number[]) =>
    `hook_journal 1; rtmps { enabled off; } http_server { enabled on; listen ${ports.map((port) => `127.0.0.1:${port}`).join(' ')}; }`;
  const refused = await server.reload(conf('new', extra(free, taken)));
  expect(JSON.stringify(refused['errors'])).toContain('another program has this port');
  expect(await answers(free)).toBe(false);
  expect([await portrait(1), await portrait(2)]).toEqual(before);

  expect(await server.reload(conf('new', extra(free)))).toMatchObject({ msg: 'configuration reloaded' });
  expect(await answers(free)).toBe(true);
  const expected = { events: ['new'], recordedIn: 'new', isJournalLong: false };
  expect([await portrait(1), await portrait(2)]).toMatchObject([expected, expected]);
});
