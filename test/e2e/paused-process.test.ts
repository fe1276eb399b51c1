import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type GatecastProcess, startGatecast } from '../support/gatecast.ts';
import { connectTo } from '../support/rtmp-peer.ts';
import { stopped } from '../support/stopped.ts';
import { until } from '../support/until.ts';
import { following, media, opening, Received } from '../support/workers.ts';

/** Longer than the test's own process may be kept waiting on a busy machine. */
const NORMAL_TIMEOUT_MS = 4_000;
const PAUSE_MS = 7_000;

const conf = (more = '') => `
  ${more}
  vhost __defaultVhost__ { publish { normal_timeout ${NORMAL_TIMEOUT_MS}; } }`;

/** Stops processes of the server as a whole, the others going on meanwhile. */
async function pause(pids: readonly number[], meanwhile: () => void): Promise<void> {
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  try {
    await until('the processes to stand', () =>
      pids.every((pid) => / T /.test(readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/\(.*\)/, ''))),
    );
    const at = performance.now();
    meanwhile();
    await until('the pause', () => performance.now() - at > PAUSE_MS);
  } finally {
    for (const pid of pids) process.kill(pid, 'SIGCONT');
  }
}

const workerPids = (server: GatecastProcess) =>
  server.log.filter(({ msg }) => msg === 'worker started').map(({ pid }) => Number(pid));

test.runIf(process.platform === 'linux').each([
  ['the only process', '', (server: GatecastProcess) => [server.child.pid]],
  ['the primary', 'workers 2;', (server: GatecastProcess) => [server.child.pid]],
  ['the workers', 'workers 2;', workerPids],
])('a pause of %s closes no publisher that has gone on sending', async (_which, more, pidsOf) => {
  const server = stopped(await startGatecast(conf(more)));
  const publisher = await connectTo({ port: server.port });
  const streamId = await publisher.publish('cam');
  publisher.send(...opening(streamId));
  const player = await connectTo({ port: server.port });
  const received = new Received();
  await player.play('cam', received.take);
  await received.has(3);
  let time = 40;
  const beat = setInterval(() => {
    time += 40;
    publisher.send(media.sound(streamId, time));
  }, 40);
  stopped({ stop: () => clearInterval(beat) });
  await pause(pidsOf(server), () => publisher.send(...following(streamId, 0)));
  const before = received.lines.length;
  await received.has(before + 40);
  expect(server.log.filter(({ msg }) => /^(connection closed|a worker)/.test(msg))).toEqual([]);
  expect(server.log.some(({ reason }) => reason === 'timeout')).toBe(false);
});
