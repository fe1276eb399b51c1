import { z } from 'zod';
import { MAX_LISTED_CLIENTS } from '../limits.ts';
import { ID } from './common.ts';

const bytes = () => z.number().int().min(0);
const kbps = () => z.number().int().describe('Kilobits a second over the last 30 seconds.');

const VIDEO = z
  .object({
    codec: z.string().describe('H264, HEVC, AV1, VP9 ...'),
    profile: z.string(),
    level: z.string(),
    width: z.number().int(),
    height: z.number().int(),
    fps: z.number().describe('Of the last complete GOP; 0 while there is none.'),
    gopMs: z.number().describe('From one keyframe to the next, in milliseconds; 0 if unknown.'),
  })
  .meta({ id: 'Video' });

const AUDIO = z
  .object({
    codec: z.string().describe('AAC, MP3, Opus ...'),
    sampleRate: z.number().int(),
    channels: z.number().int(),
    profile: z.string(),
  })
  .meta({ id: 'Audio' });

const PLAY = z
  .object({
    rtmp: z.string().nullable(),
    flv: z.string().nullable(),
    wsFlv: z.string().nullable(),
    hls: z.string().nullable(),
  })
  .describe('URLs by which it can be played; null where the server does not offer that.')
  .meta({ id: 'PlayUrls' });

/** A stream of `/api/v2`. */
export const STREAM = z
  .object({
    id: z.string(),
    vhost: z.string(),
    app: z.string(),
    name: z.string(),
    url: z.string().describe('app/name'),
    publishing: z.boolean(),
    publisherId: z.string().nullable().describe('The client that publishes it.'),
    startedAt: z.number().nullable().describe('When it went on air, as Unix time in milliseconds.'),
    players: z.number().int(),
    recvBytes: bytes(),
    sendBytes: bytes(),
    recvKbps: kbps(),
    sendKbps: kbps(),
    packets: z.number().int(),
    skips: z.number().int().describe('How often players were too slow and skipped to a later keyframe.'),
    video: VIDEO.nullable(),
    audio: AUDIO.nullable(),
    play: PLAY,
    recording: z.array(z.string()).describe('Files that are being written.'),
  })
  .meta({ id: 'Stream' });

export const STREAMS = z.object({ streams: z.array(STREAM) }).meta({ id: 'Streams' });

const PROTOCOL = z.enum(['rtmp', 'rtmps', 'http-flv', 'ws-flv', 'hls']);
const ROLE = z.enum(['publish', 'play', 'idle']);

/** A client of `/api/v2`. */
export const CLIENT = z
  .object({
    id: z.string(),
    number: z.number().int().describe('The client_id of hooks of schema srs1.'),
    ip: z.string(),
    protocol: PROTOCOL,
    role: ROLE,
    vhost: z.string(),
    app: z.string(),
    stream: z.string(),
    streamId: z.string().nullable(),
    tcUrl: z.string(),
    pageUrl: z.string(),
    agent: z.string().describe('Program of the client, as it names itself.'),
    connectedAt: z.number().describe('Unix time in milliseconds.'),
    recvBytes: bytes(),
    sendBytes: bytes(),
    recvKbps: kbps(),
    sendKbps: kbps(),
    backlogBytes: bytes().describe('What waits for the client to take it.'),
    skips: z.number().int(),
  })
  .meta({ id: 'Client' });

export const CLIENTS = z
  .object({ clients: z.array(CLIENT), total: z.number().int().describe('Those that fit, listed or not.') })
  .meta({ id: 'Clients' });

/** Which clients are wanted. */
export const CLIENT_QUERY = z.strictObject({
  stream: ID.optional().describe('Id of a stream.'),
  ip: ID.optional(),
  vhost: ID.optional(),
  protocol: PROTOCOL.optional(),
  role: ROLE.optional(),
  start: z.coerce.number().int().min(0).max(1_000_000).default(0),
  count: z.coerce.number().int().min(1).max(MAX_LISTED_CLIENTS).default(100),
});

/** Which clients are to go. */
export const KICK_QUERY = z
  .strictObject({ stream: ID.optional().describe('Id of a stream.'), ip: ID.optional() })
  .refine(({ stream, ip }) => stream !== undefined || ip !== undefined, 'expected stream, ip or both');

export type StreamBody = z.output<typeof STREAM>;
export type ClientBody = z.output<typeof CLIENT>;
