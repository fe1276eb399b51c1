import { onTestFinished } from 'vitest';
import { ClientRegistry, type ServerPolicy } from '../../src/clients/client-registry.ts';
import type { Logger } from '../../src/model/logger.ts';
import type { VhostOptions } from '../../src/model/options.ts';
import { RtmpServer } from '../../src/rtmp/rtmp-server.ts';
import { Hub } from '../../src/streams/hub.ts';
import { FakeClock } from './fake-clock.ts';
import { FakeGate } from './fake-gate.ts';
import { vhost } from './options.ts';
import { lending, pipe } from './pipe.ts';
import { RawPeer } from './raw-peer.ts';
import { type ConnectWords, flv, say } from './say.ts';

export interface Line {
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A logger that keeps its lines. */
export function keepingLog(lines: Line[] = [], base: object = {}): Logger & { readonly lines: Line[] } {
  const keep = (level: string) => (fields: object, message: string) => {
    lines.push({ level, message, fields: { ...base, ...fields } });
  };
  return {
    lines,
    debug: keep('debug'),
    info: keep('info'),
    warn: keep('warn'),
    error: keep('error'),
    child: (fields) => keepingLog(lines, { ...base, ...fields }),
  };
}

export interface ServerOptions {
  readonly gate?: FakeGate;
  readonly vhosts?: readonly VhostOptions[];
  readonly strictVhost?: boolean;
  readonly maxConnections?: number;
}

/** Lets everything happen that can happen without time going on or anybody saying anything. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 8; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** The whole server but for sockets and hooks, in memory. Its time is the test's, its turns are real ones. */
export function openServer(options: ServerOptions = {}) {
  const gate = options.gate ?? new FakeGate();
  const clock = new FakeClock('real');
  const hub = new Hub(clock);
  const log = keepingLog();
  const policy = (changed: ServerOptions = {}): ServerPolicy => {
    const { vhosts = [vhost()], strictVhost = false, maxConnections = 100 } = { ...options, ...changed };
    const byName = new Map(vhosts.map((item) => [item.name, item]));
    return {
      snapshot: { vhosts: byName, strictVhost, gate: changed.gate ?? gate },
      maxConnections,
    };
  };
  const clients = new ClientRegistry(policy(), hub, clock, log);
  const door = new RtmpServer(clients, { enabled: false, trusted: [] });
  const enter = (ip = '192.0.2.1') => {
    const [ours, theirs] = pipe();
    const session = door.enter(lending(ours), ip);
    return { session, ours, peer: new RawPeer(theirs) };
  };
  onTestFinished(async () => {
    const closing = clients.close('shutdown', 'the test is over');
    await settled();
    clock.advance(10_000);
    await closing;
  });

  const connected = async (connect: ConnectWords = {}) => {
    const { peer } = enter();
    peer.shakeHands().say(say.connect(connect), say.createStream());
    await peer.hear('_result 2');
    return peer;
  };
  return {
    gate,
    clock,
    hub,
    log,
    clients,
    door,
    policy,
    enter,
    /** A client on whose message stream 1 nothing happens yet. */
    connected,
    /** A client that publishes `name` on message stream 1. */
    async publishing(name = 'cam', connect: ConnectWords = {}): Promise<RawPeer> {
      const peer = await connected(connect);
      peer.say(say.publish(name));
      await peer.hear('onStatus@1 NetStream.Publish.Start');
      return peer;
    },
    /** A client that plays `name` on message stream 1. */
    async playing(name = 'cam', connect: ConnectWords = {}): Promise<RawPeer> {
      const peer = await connected(connect);
      peer.say(say.play(name));
      await peer.hear('onStatus@1 NetStream.Play.Start');
      return peer;
    },
    /** Lets time go on second by second, with something to be done in each. */
    async seconds(count: number, each: () => void = () => undefined): Promise<void> {
      for (let second = 0; second < count; second++) {
        each();
        await settled();
        clock.advance(1000);
      }
      await settled();
    },
  };
}

export const PICTURE: readonly Buffer[] = [
  say.video(flv.avcConfig(), 0),
  say.audio(flv.aacConfig(), 0),
  say.video(flv.keyframe('k1'), 0),
  say.audio(flv.aac('s1'), 10),
  say.video(flv.frame('f1'), 40),
];

/** What a joiner hears of `PICTURE`. */
export const PICTURE_HEARD: readonly string[] = [
  'video@1 0 avc',
  'audio@1 0 aac',
  'video@1 0 k1',
  'audio@1 10 s1',
  'video@1 40 f1',
];
