import { join } from 'node:path';
import { fastify } from 'fastify';
import { beforeEach, expect, test, vi } from 'vitest';
import { sendFile } from '../../../src/http/hls/responses.ts';
import type { RefusingDisk } from '../../support/refusing-disk.ts';
import { stopped } from '../../support/stopped.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

const disk = vi.hoisted<RefusingDisk>(() => ({ refuses: () => undefined }));

vi.mock('node:fs/promises', async (original) => {
  const { refusing } = await import('../../support/refusing-disk.ts');
  return refusing(await original(), disk);
});

beforeEach(() => {
  disk.refuses = () => undefined;
});

/** The answer to a request for a segment of 4 bytes that is on the disk alone, and the bytes that count for its viewer. */
async function ask(headers: Readonly<Record<string, string>> = {}) {
  const file = join(stopped(temporaryDirectory()).file('hls'), 'cam-1.ts');
  const app = fastify();
  let counted: number | undefined;
  app.get('/', async (http, reply) => {
    const stored = { file, bytes: () => undefined };
    counted = await sendFile(http, reply, { path: 'live/cam-1.ts', stored, bytes: 4 }, 'private');
    return reply;
  });
  const answer = await app.inject({ url: '/', headers });
  await app.close();
  return { ...answer, counted };
}

test.each(['EMFILE', 'ENFILE'])('a segment is 503 while no more files can be opened: %s', async (code) => {
  disk.refuses = (operation) => (operation === 'open' ? code : undefined);
  const { statusCode, headers, body, counted } = await ask({ range: 'bytes=0-1' });
  expect([statusCode, headers['cache-control'], counted]).toEqual([503, 'no-store', 0]);
  expect(body).toBe('the server has too many open files: try again\n');
  expect(headers).not.toHaveProperty('etag');
  expect(headers).not.toHaveProperty('content-range');
});

test('a segment that somebody has removed is 404, which nobody keeps', async () => {
  const { statusCode, headers, counted } = await ask();
  expect([statusCode, headers['cache-control'], counted]).toEqual([404, 'no-store', 0]);
  expect(headers).not.toHaveProperty('etag');
});
