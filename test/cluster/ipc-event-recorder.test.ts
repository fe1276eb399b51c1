import { expect, test } from 'vitest';
import {
  EventRecorderServer,
  IpcEventRecorder,
  type SharedEventRecorder,
} from '../../src/cluster/ipc-event-recorder.ts';
import type { Opening } from '../../src/model/event-recorder.ts';
import type { PersistedEvent } from '../../src/model/events.ts';
import { FACTS, SERVER } from '../hooks/support.ts';

/** A worker's recorder and the primary's, which is this test's. */
function pair(recorder: Partial<SharedEventRecorder>) {
  const monitor: EventRecorderServer = new EventRecorderServer(
    recorder as SharedEventRecorder,
    'node',
    (notice) => worker.take(structuredClone(notice)),
  );
  const worker: IpcEventRecorder = new IpcEventRecorder((request) => monitor.take(structuredClone(request)));
  return worker;
}

const stamp = { id: 'f', at: 1, seq: 2 };
const event: PersistedEvent = {
  ...FACTS,
  action: 'on_dvr',
  recording: { id: 'f', cwd: '/', file: 'f.flv', durationMs: 1, bytes: 2, reason: 'segment' },
  seal: { stamp, server: SERVER },
};

test('a worker has its openings, stamps and files kept by the primary, each answer for what was asked', async () => {
  const kept: unknown[] = [];
  const worker = pair({
    open: ({ id }, owner) => Promise.resolve({ ok: true, seq: `${id} ${owner}`.length }),
    stamp: (id) => Promise.resolve({ ...stamp, id }),
    emitDurably(told, schema) {
      kept.push(told, schema);
      return Promise.resolve(told.recording.bytes === 2);
    },
  });
  const opening: Opening = { id: 'f', event: { ...FACTS, action: 'on_play' }, schema: 'srs5', patienceMs: 0 };
  const answers = [worker.stamp('f'), worker.open(opening), worker.emitDurably(event, 'srs5')];
  expect(await Promise.all(answers)).toEqual([stamp, { ok: true, seq: 6 }, true]);
  expect(kept).toEqual([event, 'srs5']);
  expect(await worker.emitDurably({ ...event, recording: { ...event.recording, bytes: 3 } }, 'srs5')).toBe(
    false,
  );
});

test('a question of a worker that waits is sent when the primary has it on record', async () => {
  const noted: string[] = [];
  const worker = pair({
    wait: (id) => void noted.push(`wait ${id}`),
    resume(id) {
      noted.push(`resume ${id}`);
      return Promise.resolve();
    },
  });
  worker.wait('f');
  await worker.resume('f');
  expect(noted).toEqual(['wait f', 'resume f']);
});
