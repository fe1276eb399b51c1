import { describe, expect, test } from 'vitest';
import { CONFIRM_TIMEOUT_MS, IpcRegistry, RegistryServer } from '../../src/cluster/ipc-registry.ts';
import { MemoryRegistry } from '../../src/cluster/memory-registry.ts';
import type { Place, Registry } from '../../src/cluster/registry.ts';
import type { StreamKey } from '../../src/model/stream-key.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { settled } from '../support/memory-server.ts';
import { Sequences } from '../support/sequences.ts';

const KEY = { vhost: 'v', app: 'live', stream: 'cam' };
const OTHER = { ...KEY, stream: 'other' };

/** One process's end of a registry. */
interface End {
  readonly registry: Registry;
  leave(): void;
}

/** Makes the publisher of a stream leave. */
type Evict = (key: StreamKey) => void;

/** The registry in memory. */
function inMemory() {
  const all = new MemoryRegistry();
  return {
    all,
    join(node: string, evict: Evict = () => undefined): End {
      const registry = all.join({ node, address: `at ${node}` }, async (key, takeover) => {
        if (takeover) evict(key);
      });
      return { registry, leave: () => registry.leave() };
    },
  };
}

/** The registry behind messages, which take a turn to arrive and are copied on the way. */
function behindMessages(clock = new FakeClock('real'), sequences = new Sequences()) {
  const all = new MemoryRegistry();
  return {
    all,
    join(node: string, evict: Evict = () => undefined): End {
      const later =
        <T>(take: (message: T) => void) =>
        (message: T) =>
          void setImmediate(() => take(structuredClone(message)));
      const registry: IpcRegistry = new IpcRegistry(
        later((request) => monitor.take(request)),
        { evict, pollPublisher: () => Promise.resolve() },
      );
      const monitor: RegistryServer = new RegistryServer(
        clock,
        sequences,
        (confirm) => all.join({ node, address: `at ${node}` }, confirm),
        later((notice) => registry.take(notice)),
      );
      return { registry, leave: () => monitor.close() };
    },
  };
}

/** Notes where a stream is said to be. */
function watching(registry: Registry, key = KEY) {
  const places: (string | undefined)[] = [];
  const stop = registry.watch(key, (place: Place | undefined) => void places.push(place?.node));
  return { places, stop };
}

test('gives all processes the numbers of one stream from one place', async () => {
  const sequences = new Sequences();
  const all = behindMessages(new FakeClock('real'), sequences);
  const a = all.join('a').registry as IpcRegistry;
  const b = all.join('b').registry as IpcRegistry;
  const numbers = [await a.next(KEY, 7), await b.next(KEY, 7), await a.next(KEY, 2000)];
  expect(numbers).toEqual([
    { discontinuitySequence: 100, mediaSequence: 1000 },
    { discontinuitySequence: 101, mediaSequence: 1000 },
    { discontinuitySequence: 102, mediaSequence: 2000 },
  ]);
});

describe.each([
  ['in memory', inMemory],
  ['behind messages', behindMessages],
])('a registry %s', (_kind, open) => {
  test('says where a stream is on air, and where it was last', async () => {
    const { join } = open();
    const a = join('a').registry;
    const b = join('b').registry;
    const located = async (registry: Registry) => (await registry.locate(KEY))?.node;
    const claim = await a.claim(KEY);
    expect(await located(b)).toBe(undefined);
    claim?.onAir();
    expect([await located(a), await located(b)]).toEqual(['a', 'a']);
    claim?.release();
    expect(await located(b)).toBe('a');
    (await b.claim(KEY))?.onAir();
    expect([await located(a), await located(b)]).toEqual(['b', 'b']);
  });

  test('grants a stream to one at a time, and again once it is released', async () => {
    const { join } = open();
    const a = join('a').registry;
    const b = join('b').registry;
    const claim = await a.claim(KEY);
    expect(claim).toBeDefined();
    expect(await b.claim(KEY)).toBeUndefined();
    expect(await a.claim(KEY)).toBeUndefined();
    expect(await b.claim(OTHER)).toBeDefined();
    claim?.release();
    claim?.release();
    await settled();
    expect(await b.claim(KEY)).toBeDefined();
  });

  test('grants a stream to one of two who want it at once', async () => {
    const { join } = open();
    const claims = await Promise.all(['a', 'b', 'c'].map((node) => join(node).registry.claim(KEY)));
    expect(claims.filter(Boolean)).toHaveLength(1);
  });

  test('tells where a stream is on air, from then on', async () => {
    const { join, all } = open();
    const a = join('a').registry;
    const early = watching(join('b').registry);
    const claim = await a.claim(KEY);
    await settled();
    expect(early.places).toEqual([]);
    expect(all.streams).toEqual([{ key: KEY, node: 'a', onAir: false }]);
    claim?.onAir();
    await settled();
    expect(early.places).toEqual(['a']);
    const late = watching(join('c').registry);
    await settled();
    expect(late.places).toEqual(['a']);
    early.stop();
    claim?.release();
    await settled();
    expect(early.places).toEqual(['a']);
    expect(late.places).toEqual(['a', undefined]);
    expect(all.streams).toEqual([]);
  });

  test('a release that comes late takes nothing from the next holder', async () => {
    const { join, all } = open();
    const first = await join('a').registry.claim(KEY);
    first?.release();
    await settled();
    (await join('b').registry.claim(KEY))?.onAir();
    first?.onAir();
    first?.release();
    await settled();
    expect(all.streams).toEqual([{ key: KEY, node: 'b', onAir: true }]);
  });

  test('gives a stream over when its holder is made to let it go, and only then', async () => {
    const { join, all } = open();
    const evicted: string[] = [];
    const a = join('a', (key) => {
      evicted.push(key.stream);
      first?.release();
    }).registry;
    const b = join('b').registry;
    const first = await a.claim(KEY);
    first?.onAir();
    expect(await b.claim(KEY)).toBeUndefined();
    expect(evicted).toEqual([]);
    (await b.claim(KEY, true))?.onAir();
    await settled();
    expect(evicted).toEqual(['cam']);
    expect(all.streams).toEqual([{ key: KEY, node: 'b', onAir: true }]);
  });

  test('counts the players of all processes against the bound of the publisher', async () => {
    const { join } = open();
    const a = join('a');
    const b = join('b');
    const first = await a.registry.acquireSlot(KEY, Number.POSITIVE_INFINITY);
    expect(first).toBeTypeOf('function');
    const claim = await a.registry.claim(KEY);
    claim?.onAir(2);
    expect(await b.registry.acquireSlot(KEY, 1)).toBe(1);
    const second = await b.registry.acquireSlot(KEY, 9);
    expect(second).toBeTypeOf('function');
    expect(await b.registry.acquireSlot(KEY, 9)).toBe(2);
    if (typeof first === 'function') first();
    await settled();
    expect(await a.registry.acquireSlot(KEY, 9)).toBeTypeOf('function');
    b.leave();
    await settled();
    expect(await a.registry.acquireSlot(KEY, 9)).toBeTypeOf('function');
    claim?.release();
    await settled();
    expect(await a.registry.acquireSlot(KEY, 9)).toBeTypeOf('function');
  });

  test('says whether a stream is on air anywhere', async () => {
    const { join } = open();
    const claim = await join('a').registry.claim(KEY);
    const b = join('b').registry;
    expect(await b.isOnAir(KEY)).toBe(false);
    claim?.onAir();
    await settled();
    expect(await b.isOnAir(KEY)).toBe(true);
  });

  test('forgets what a process had that is gone', async () => {
    const { join } = open();
    const a = join('a');
    const b = join('b').registry;
    (await a.registry.claim(KEY))?.onAir();
    const { places } = watching(b);
    await settled();
    a.leave();
    await settled();
    expect(places).toEqual(['a', undefined]);
    expect(await b.claim(KEY)).toBeDefined();
  });
});

describe('a stream that is wanted elsewhere', () => {
  test('is given up by a holder that notices its publisher has gone', async () => {
    const all = new MemoryRegistry();
    const a = all.join({ node: 'a', address: '' }, () => {
      claim?.release();
      return Promise.resolve();
    });
    const claim = await a.claim(KEY);
    expect(await all.join({ node: 'b', address: '' }).claim(KEY)).toBeDefined();
  });

  test('stays where it is when the holder does not answer in time', async () => {
    const clock = new FakeClock('real');
    const all = new MemoryRegistry();
    const sent: unknown[] = [];
    const monitor = new RegistryServer(
      clock,
      new Sequences(),
      (confirm) => all.join({ node: 'a', address: '' }, confirm),
      (notice) => void sent.push(notice),
    );
    monitor.take({ type: 'call', id: 1, method: 'claim', args: [7, KEY, false] });
    await settled();
    const claim = all.join({ node: 'b', address: '' }).claim(KEY);
    await settled();
    expect(sent).toMatchObject([
      { type: 'answer', id: 1, result: true },
      { type: 'call', method: 'confirm', args: [KEY, false] },
    ]);
    clock.advance(CONFIRM_TIMEOUT_MS);
    expect(await claim).toBeUndefined();
  });
});
