import { Hls } from '../../src/hls/hls.ts';
import type { NoticeEvent } from '../../src/model/events.ts';
import type { Logger } from '../../src/model/logger.ts';
import type { MediaPacket, PublishEnd } from '../../src/model/media.ts';
import type { HlsOptions } from '../../src/model/options.ts';
import type { PlaylistSequences } from '../../src/model/shared-state.ts';
import type { StreamKey } from '../../src/model/stream-key.ts';
import { Hub } from '../../src/streams/hub.ts';
import { FakeClock } from './fake-clock.ts';
import { HLS, vhost } from './options.ts';
import { Sequences } from './sequences.ts';
import { stopped } from './stopped.ts';
import { until } from './until.ts';

/** A hub whose streams are cut into segments. */
export async function segmented(
  options: Partial<HlsOptions> = {},
  vhostName = 'a',
  sequences: PlaylistSequences = new Sequences(),
) {
  const clock = new FakeClock();
  const hub = new Hub(clock);
  const events: NoticeEvent[] = [];
  const log: Record<string, unknown>[] = [];
  const note = (fields: object, message: string) => void log.push({ ...fields, message });
  const logger: Logger = { debug: note, info: note, warn: note, error: note, child: () => logger };
  const own = vhost({ name: vhostName, hls: { ...HLS, enabled: true, ...options } });
  const emit = (event: NoticeEvent) => void events.push(event);
  const hls = await Hls.open({ clock, log: logger, sequences, emit });
  hls.clearLeftovers([own]);
  await hls.cleared;
  stopped({ stop: () => hls.close() });
  hub.observe({ started: (source) => hls.started(source) });
  const keyOf = (stream: string): StreamKey => ({ vhost: vhostName, app: 'live', stream });
  return {
    hls,
    hub,
    clock,
    events,
    log,
    /** Publishes packets and leaves; `changed` is what a reload has brought. */
    publish(
      stream: string,
      packets: readonly MediaPacket[],
      name = vhostName,
      changed: Partial<HlsOptions> = {},
      how: PublishEnd = 'lost',
    ): void {
      const key = { ...keyOf(stream), vhost: name };
      const publication = hub.reserve(key, own.play);
      if (!publication) throw new Error(`${stream} is being published`);
      const client = { number: 1, id: 'publisher', ip: '127.0.0.1' };
      const facts = { client, ...key, param: '', tcUrl: 'rtmp://a/live', pageUrl: '' };
      publication.start({
        facts,
        grant: undefined,
        vhost: { ...own, name, hls: { ...own.hls, ...changed } },
      });
      for (const packet of packets) publication.write(packet);
      publication.end(how);
    },
    /** The playlist, once `segments` of the stream have been told of. */
    async playlist(stream: string, segments: number) {
      await until(`${segments} segments`, () => events.length >= segments);
      const playlist = hls.playlist(keyOf(stream));
      if (!playlist) throw new Error(`there is no playlist of ${stream}`);
      return playlist;
    },
  };
}

/** The URIs of a playlist. */
export function urisOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}
