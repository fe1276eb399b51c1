import type { MediaPacket } from '../../src/model/media.ts';
import type { PlayOptions } from '../../src/model/options.ts';
import { Hub, type Publication } from '../../src/streams/hub.ts';
import type { Subscription } from '../../src/streams/live-stream.ts';
import { FakeClock } from './fake-clock.ts';
import { PLAY } from './options.ts';
import { TextSink } from './text-format.ts';

export const KEY = { vhost: 'v', app: 'live', stream: 'cam' };

/** A hub with one stream, whose time and turns are the test's. */
export function openHub(options: Partial<PlayOptions> = {}) {
  const clock = new FakeClock();
  const hub = new Hub(clock);
  const play = { ...PLAY, ...options };
  const reserve = (): Publication => {
    const publication = hub.reserve(KEY, play);
    if (!publication) throw new Error('the stream has a publisher already');
    return publication;
  };
  return {
    clock,
    hub,
    /** A reserved publication. */
    reserve,
    /** A publication on air. */
    publish(): Publication {
      const publication = reserve();
      publication.start();
      return publication;
    },
    join(sink: TextSink = new TextSink()): { sink: TextSink; place: Subscription } {
      return { sink, place: hub.subscribe(KEY, sink, play) };
    },
    /** Writes packets and ends the turn, which flushes them when there is no latency to wait for. */
    write(publication: Publication, ...packets: readonly MediaPacket[]): void {
      for (const packet of packets) publication.write(packet);
      clock.endTurn();
    },
  };
}
