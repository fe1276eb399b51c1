import { expect, test } from 'vitest';
import type { Gate } from '../../src/index.ts';
import { STOP_GRACE_MS } from '../../src/server/assembly.ts';
import { startBackend } from '../hooks/scripted-backend.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { settled } from '../support/memory-server.ts';
import { connectTo } from '../support/rtmp-peer.ts';
import { startServer } from '../support/running-server.ts';
import { stopped } from '../support/stopped.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { until } from '../support/until.ts';
import { opening } from '../support/workers.ts';

const DRAIN_MS = 10_000;
const never = new Promise<never>(() => undefined);

test('parts that never end share one drain_timeout: clients, recordings, closing hooks', async () => {
  const clock = new FakeClock('real');
  const heard: string[] = [];
  const backend = stopped(await silentBackend(heard));
  const { file } = stopped(temporaryDirectory());
  // It keeps a play waiting whatever becomes of its client, and never says that it has a recording on record.
  const gate: Gate = {
    authorize: ({ action }) => (action === 'on_play' ? never : Promise.resolve({ allowed: true })),
    emit: () => undefined,
    emitDurably: () => never,
    isInterested: () => true,
  };
  const running = await startServer(
    `drain_timeout ${DRAIN_MS};
     vhost __defaultVhost__ {
       dvr { enabled on; dvr_path ${file('rec')}/[stream].flv; }
       hls { enabled on; hls_path ${file('hls')}; }
       http_hooks { enabled on; on_unpublish ${backend.origin}/u; }
     }`,
    { clock, gate },
  );
  const publisher = stopped(await publishing(running.port));
  const player = await connectTo({ port: running.port });
  stopped({ stop: () => player.close() });
  void player.play('cam', () => undefined).catch(() => undefined);
  await until('the recording', async () => {
    clock.advance(100);
    await settled();
    return running.log.some(({ msg }) => msg === 'publish started');
  });
  publisher.stop();
  const began = clock.now();
  let isOver = false;
  void running.stop().then(() => {
    isOver = true;
  });
  await until('the end', async () => {
    clock.advance(100);
    await settled();
    return isOver;
  });
  expect(clock.now() - began).toBeLessThanOrEqual(DRAIN_MS + 2 * STOP_GRACE_MS);
  expect(
    running.log.filter(({ msg }) => msg.startsWith('stop no longer waits')).map(({ part }) => part),
  ).toEqual(['clients']);
  expect(heard).toContain('on_unpublish');
});

async function publishing(port: number) {
  const session = await connectTo({ port });
  const streamId = await session.publish('cam');
  session.send(...opening(streamId));
  return { stop: () => session.close() };
}

/** A backend that hears all and answers nothing. */
async function silentBackend(heard: string[]) {
  const backend = await startBackend(({ body }) => {
    heard.push(String((JSON.parse(body) as { action: unknown }).action));
    return undefined;
  });
  return { origin: backend.origin, stop: () => backend.close() };
}
