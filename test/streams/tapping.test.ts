import { expect, test } from 'vitest';
import type { MediaPacket, MediaSource, MediaTap, Origin } from '../../src/model/media.ts';
import type { Publication } from '../../src/streams/hub.ts';
import { KEY, openHub } from '../support/live.ts';
import { PLAY, vhost } from '../support/options.ts';
import { frame, keyframe, metadata, sound, videoHeader } from '../support/text-format.ts';

const ORIGIN: Origin = {
  facts: {
    client: { number: 1, id: 'abcdefgh', ip: '127.0.0.1' },
    ...KEY,
    param: '',
    tcUrl: 'rtmp://v/live',
    pageUrl: '',
  },
  grant: { maxViewers: 3 },
  vhost: vhost(),
};

/** A tap that notes names and times of what it gets. */
class Notes implements MediaTap {
  readonly lines: string[] = [];

  write({ payload, timestamp }: MediaPacket): void {
    this.lines.push(`${payload.toString()}@${timestamp}`);
  }

  end(): void {
    this.lines.push('end');
  }
}

/** A hub of which every source is noted. */
function openObservedHub() {
  const live = openHub();
  const sources: MediaSource[] = [];
  live.hub.observe({ started: (source) => sources.push(source) });
  const goOnAir = (): { publication: Publication; source: MediaSource } => {
    const publication = live.reserve();
    publication.start(ORIGIN);
    const source = sources.at(-1);
    if (!source) throw new Error('nobody heard of the source');
    return { publication, source };
  };
  return { ...live, sources, goOnAir };
}

test('a source says who publishes, on which terms, as long as it is on air', () => {
  const { hub, goOnAir } = openObservedHub();
  const { publication, source } = goOnAir();
  expect(source).toMatchObject({ ...ORIGIN, key: KEY });
  expect(hub.sources()).toEqual([source]);
  publication.end();
  expect(hub.sources()).toEqual([]);
});

test('a tap gets each packet in the publisher\u2019s turn, and the end once', () => {
  const { hub, goOnAir } = openObservedHub();
  const { publication, source } = goOnAir();
  const notes = new Notes();
  source.tap(notes);
  publication.write(videoHeader('config'));
  publication.write(keyframe('k', 5));
  publication.write(sound('s', 7));
  expect(notes.lines).toEqual(['config@0', 'k@5', 's@7']);
  expect(hub.players(KEY)).toBe(0);
  publication.end();
  publication.end();
  expect(notes.lines.at(-1)).toBe('end');
  expect(notes.lines).toHaveLength(4);
});

test('a tap that comes later gets metadata and decoder configuration first', () => {
  const { goOnAir } = openObservedHub();
  const { publication, source } = goOnAir();
  publication.write(metadata('meta'));
  publication.write(videoHeader('old'));
  publication.write(keyframe('k', 1000));
  publication.write(videoHeader('new', 1000));
  const notes = new Notes();
  source.tap(notes);
  publication.write(frame('f', 1040));
  expect(notes.lines).toEqual(['meta@0', 'new@1000', 'f@1040']);
});

test('a tap has the times of the stream, not those of its publisher', () => {
  const { join, goOnAir } = openObservedHub();
  const first = goOnAir();
  join();
  first.publication.write(keyframe('a', 1000));
  first.publication.end();
  const { publication, source } = goOnAir();
  const notes = new Notes();
  source.tap(notes);
  publication.write(keyframe('b', 0));
  expect(notes.lines).toEqual(['b@1010']);
});

test('a tap may leave, also while another one is being written to', () => {
  const { goOnAir } = openObservedHub();
  const { publication, source } = goOnAir();
  const [one, two, three] = [new Notes(), new Notes(), new Notes()];
  source.tap({
    write: () => {
      leaveTwo();
    },
    end: () => undefined,
  });
  const leaveOne = source.tap(one);
  const leaveTwo = source.tap(two);
  source.tap(three);
  publication.write(keyframe('k'));
  leaveOne();
  leaveOne();
  publication.write(frame('f'));
  publication.end();
  expect(one.lines).toEqual(['k@0']);
  expect(two.lines).toEqual([]);
  expect(three.lines).toEqual(['k@0', 'f@0', 'end']);
});

test('a source whose publisher has left ends a tap at once and keeps nothing of its successor from it', () => {
  const { goOnAir } = openObservedHub();
  const first = goOnAir();
  const early = new Notes();
  first.source.tap(early);
  first.publication.end();
  const second = goOnAir();
  const late = new Notes();
  first.source.tap(late)();
  second.publication.write(keyframe('k'));
  expect(early.lines).toEqual(['end']);
  expect(late.lines).toEqual(['end']);
});

test('neither a relay nor a publication that does not say who it is becomes a source', () => {
  const { hub, publish, sources } = openObservedHub();
  hub.relay(KEY, PLAY)?.start(ORIGIN);
  expect(sources).toEqual([]);
  publish();
  expect(hub.sources()).toEqual([]);
});

test('a publisher that is only tapped is read as seldom as one that nobody watches', () => {
  const { goOnAir } = openObservedHub();
  const { publication, source } = goOnAir();
  const { idleBudgetMs } = publication;
  source.tap(new Notes());
  publication.write(keyframe('k'));
  expect(publication.idleBudgetMs).toBe(idleBudgetMs);
});
