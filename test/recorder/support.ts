import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Gate, Grant } from '../../src/model/authorization.ts';
import { Deadline } from '../../src/model/clock.ts';
import type { PersistedEvent } from '../../src/model/events.ts';
import type { MediaSource, MediaTap } from '../../src/model/media.ts';
import type { DvrOptions } from '../../src/model/options.ts';
import { parseRecordingPath, type RecordingPath } from '../../src/model/path-template.ts';
import { committed } from '../../src/model/prepared-change.ts';
import { systemClock } from '../../src/model/process-clock.ts';
import { DEFAULT_VHOST, type StreamKey } from '../../src/model/stream-key.ts';
import { Recorder } from '../../src/recorder/recorder.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeGate } from '../support/fake-gate.ts';
import type { Packet } from '../support/flv-file.ts';
import { FlvReader, type FlvTag } from '../support/flv-reader.ts';
import { toMediaPackets } from '../support/media-packets.ts';
import { keepingLog } from '../support/memory-server.ts';
import { NO_DVR, vhost } from '../support/options.ts';
import { stopped } from '../support/stopped.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { amf, cat } from '../support/wire.ts';
import { type AmfData, readAmf } from '../support/wire-reader.ts';

export const SERVER = { serverId: 'vid-test', serviceId: 'run1' };

/** A gate that keeps what it is entrusted with, and says whether that is so. */
export class TrustedGate extends FakeGate implements Gate {
  readonly files: PersistedEvent[] = [];
  keeps = true;

  override emitDurably(event: PersistedEvent): Promise<boolean> {
    this.files.push(event);
    return Promise.resolve(this.keeps);
  }
}

export interface DvrSetting {
  readonly clock?: FakeClock;
  readonly directory?: string;
  readonly gate?: TrustedGate;
  readonly owner?: string;
}

/** What a publish is like that is recorded. */
export interface PublishSetting extends Partial<Omit<DvrOptions, 'paths'>> {
  readonly paths?: readonly string[];
  readonly key?: Partial<StreamKey>;
  readonly grant?: Grant;
}

/** A dvr that records into a directory of its own. */
export function openDvr(setting: DvrSetting = {}) {
  const { clock = new FakeClock('real'), gate = new TrustedGate(), owner = SERVER.serviceId } = setting;
  const directory = setting.directory ?? stopped(temporaryDirectory()).path;
  const log = keepingLog();
  let seq = 0;
  const dvr = new Recorder({
    clock,
    logger: log,
    stateDir: join(directory, 'state'),
    server: SERVER,
    owner,
    stamp: (id) => Promise.resolve({ id, at: 1000, seq: ++seq }),
  });
  const publish = async (options: PublishSetting = {}) => {
    const { paths = ['[stream].flv'], key: named = {}, grant, ...rest } = options;
    const key = { vhost: DEFAULT_VHOST, app: 'live', stream: 'cam', ...named };
    const parsed = paths.map((path) => parseRecordingPath(join(directory, path)) as RecordingPath);
    const recorded = vhost({ dvr: { ...NO_DVR, enabled: true, ...rest, paths: parsed } });
    committed(await dvr.prepare([recorded], gate));
    const taps: MediaTap[] = [];
    const client = { number: 7, id: 'abcdefgh', ip: '192.0.2.7' };
    const source: MediaSource = {
      key,
      facts: { client, ...key, param: '?token=t', tcUrl: 'rtmp://host/live', pageUrl: '' },
      grant,
      vhost: recorded,
      tap(tap) {
        taps.push(tap);
        return () => undefined;
      },
    };
    dvr.started(source);
    return {
      recordings: taps.length,
      send(...packets: readonly Packet[]): void {
        for (const packet of toMediaPackets(packets)) for (const tap of taps) tap.write(packet);
      },
      end(): void {
        for (const tap of taps) tap.end('lost');
      },
    };
  };
  return {
    dvr,
    clock,
    gate,
    log,
    directory,
    publish,
    file: (name: string) => join(directory, name),
    /** Files there are, but for those of the journal and hidden ones. */
    files: () => filesIn(directory),
    journal: () => filesIn(join(directory, 'state')),
    /** When all that has ended is complete. */
    settled: () => dvr.close(new Deadline(systemClock, 60_000)),
  };
}

function filesIn(directory: string): string[] {
  if (!existsSync(directory)) return [];
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .filter((entry) => !join(entry.parentPath, '/').startsWith(join(directory, 'state/')))
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort();
}

/** A recording, tag by tag, with the values of its head. */
export interface ReadRecording {
  readonly header: { readonly hasAudio: boolean; readonly hasVideo: boolean };
  readonly metadata: { readonly [key: string]: AmfData };
  readonly tags: readonly (FlvTag & { readonly at: number })[];
}

/** Reads an FLV file that has to be right to the last byte. */
export function readRecording(file: string): ReadRecording {
  const bytes = readFileSync(file);
  const reader = new FlvReader();
  let at = 13;
  const tags = [...reader.push(bytes)].map((tag) => {
    const placed = { ...tag, at };
    at += 11 + tag.payload.length + 4;
    return placed;
  });
  if (at !== bytes.length) throw new Error(`${bytes.length - at} bytes behind the last tag`);
  const [first, ...rest] = tags;
  if (!reader.header || first?.type !== 18) throw new Error('the file does not begin with metadata');
  const [name, metadata] = readAmf(first.payload);
  if (name !== 'onMetaData') throw new Error(`metadata called ${String(name)}`);
  return { header: reader.header, metadata: metadata as ReadRecording['metadata'], tags: rest };
}

export const metadataPacket = (values: Readonly<Record<string, Buffer>>, timestamp = 0): Packet => ({
  type: 18,
  timestamp,
  payload: cat(amf.string('@setDataFrame'), amf.string('onMetaData'), amf.ecmaArray(values)),
});
