import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { describe, expect, onTestFinished, test } from 'vitest';
import { SharedReads } from '../../src/net/shared-read.ts';

/** A server whose sockets share a buffer, and what accepts the next connection: both of its ends. */
async function listening() {
  const reads = new SharedReads();
  const accepted: Socket[] = [];
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    accepted.push(socket);
    server.emit('adopted', reads.adopt(socket));
  });
  onTestFinished(() => void server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const dial = async () => {
    const far = connect((server.address() as { port: number }).port, '127.0.0.1').setNoDelay(true);
    const [near] = (await once(server, 'adopted')) as [Socket];
    onTestFinished(() => {
      far.destroy();
      near.destroy();
    });
    return { near, far };
  };
  return { reads, server, accepted, dial };
}

const connectionsOf = (server: Server) =>
  new Promise<number>((resolve) => server.getConnections((_error, count) => resolve(count)));

/** Writes and waits until it has been read at the other end; the text as it was then. */
async function passes(from: Duplex, to: Duplex, text: string): Promise<string> {
  const read = once(to, 'data');
  from.write(text);
  const [bytes] = (await read) as [Buffer];
  return bytes.toString('latin1');
}

describe('sockets that share a buffer', () => {
  test('bring each what was sent to it', async () => {
    const { dial } = await listening();
    const [a, b] = [await dial(), await dial()];
    expect(await passes(a.far, a.near, 'one')).toBe('one');
    expect(await passes(b.far, b.near, 'two')).toBe('two');
    expect(await passes(a.far, a.near, 'three')).toBe('three');
    expect(await passes(a.near, a.far, 'back')).toBe('back');
  });

  test('lend what they read: the next read of any of them is in the same place', async () => {
    const { dial } = await listening();
    const [a, b] = [await dial(), await dial()];
    let kept: Buffer | undefined;
    a.near.once('data', (bytes: Buffer) => {
      kept = bytes;
    });
    await passes(a.far, a.near, 'mine');
    await passes(b.far, b.near, 'hers');
    expect(kept?.toString()).toBe('hers');
  });

  test('read nothing while they are paused, and everything when they are resumed', async () => {
    const { dial } = await listening();
    const { near, far } = await dial();
    const heard: string[] = [];
    near.on('data', (bytes: Buffer) => {
      heard.push(bytes.toString());
      near.pause();
    });
    far.write('first');
    await once(near, 'data');
    await new Promise<void>((resolve) => far.write('second', () => resolve()));
    expect(heard).toEqual(['first']);
    near.resume();
    await once(near, 'data');
    expect(heard).toEqual(['first', 'second']);
  });

  test('give back first what was put back into them', async () => {
    const { dial } = await listening();
    const { near, far } = await dial();
    near.once('data', (bytes: Buffer) => {
      near.pause();
      near.unshift(Buffer.from(bytes.subarray(2)));
    });
    await passes(far, near, 'xxfirst');
    const heard: string[] = [];
    near.on('data', (bytes: Buffer) => heard.push(bytes.toString()));
    far.write('second');
    near.resume();
    while (heard.length < 2) await once(near, 'data');
    expect(heard).toEqual(['first', 'second']);
  });

  test('know their peer, end with it, and close', async () => {
    const { dial } = await listening();
    const { near, far } = await dial();
    expect(near.remoteAddress).toBe('127.0.0.1');
    expect(near.remotePort).toBe(far.localPort);
    near.on('data', () => undefined);
    const ends = Promise.all([once(near, 'end'), once(near, 'close'), once(far, 'close')]);
    far.end('bye');
    await ends;
    expect(near.destroyed).toBe(true);
  });

  test('tell of a reset as an error', async () => {
    const { dial } = await listening();
    const { near, far } = await dial();
    const error = once(
      near.on('data', () => undefined),
      'error',
    );
    far.resetAndDestroy();
    expect(await error).toMatchObject([{ code: 'ECONNRESET' }]);
  });

  test('leave nothing of the socket that was accepted', async () => {
    const { server, accepted, dial } = await listening();
    const { near } = await dial();
    expect(accepted).toHaveLength(1);
    expect(accepted[0]?.destroyed).toBe(true);
    expect(near.destroyed).toBe(false);
    expect(await connectionsOf(server)).toBe(0);
  });

  test('may be those that connect, too', async () => {
    const { reads, server, dial } = await listening();
    const { near: other, far: silent } = await dial();
    const adopted = once(server, 'adopted');
    const { port } = server.address() as { port: number };
    const far = connect({ port, host: '127.0.0.1', onread: reads.onread });
    const [near] = (await adopted) as [Socket];
    onTestFinished(() => {
      far.destroy();
      near.destroy();
    });
    expect(await passes(near, far, 'answer')).toBe('answer');
    expect(await passes(silent, other, 'question')).toBe('question');
  });
});

test('a socket without a handle that takes a buffer goes on as it is', async () => {
  const { reads, accepted, dial } = await listening();
  await dial();
  const [empty] = accepted;
  expect(reads.adopt(empty as Socket)).toBe(empty);
  expect(empty?.isPaused()).toBe(false);
});
