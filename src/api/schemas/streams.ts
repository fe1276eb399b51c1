import { z } from 'zod';
import type { AudioFacts, ClientFilter, ClientProtocol, ClientRole, VideoFacts } from '../../model/stats.ts';
import { ID } from './common.ts';

/** Clients that one answer lists at most. */
export const MAX_LISTED_CLIENTS = 1_000;

/** URLs by which a stream can be played; null where the server does not offer that. */
export interface PlayUrls {
  readonly rtmp: string | null;
  readonly flv: string | null;
  readonly wsFlv: string | null;
  readonly hls: string | null;
}

/** A stream of `/api/v2`. */
export interface StreamBody {
  readonly id: string;
  readonly vhost: string;
  readonly app: string;
  readonly name: string;
  readonly url: string;
  readonly publishing: boolean;
  readonly publisherId: string | null;
  readonly startedAt: number | null;
  readonly players: number;
  readonly recvBytes: number;
  readonly sendBytes: number;
  readonly recvKbps: number;
  readonly sendKbps: number;
  readonly packets: number;
  readonly skips: number;
  readonly video: VideoFacts | null;
  readonly audio: AudioFacts | null;
  readonly play: PlayUrls;
  readonly recording: readonly string[];
}

/** A client of `/api/v2`. */
export interface ClientBody {
  readonly id: string;
  readonly number: number;
  readonly ip: string;
  readonly protocol: ClientProtocol;
  readonly role: ClientRole;
  readonly vhost: string;
  readonly app: string;
  readonly stream: string;
  readonly streamId: string | null;
  readonly tcUrl: string;
  readonly pageUrl: string;
  readonly agent: string;
  readonly connectedAt: number;
  readonly recvBytes: number;
  readonly sendBytes: number;
  readonly recvKbps: number;
  readonly sendKbps: number;
  readonly backlogBytes: number;
  readonly skips: number;
}

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

/** See StreamBody. */
export const STREAM: z.ZodType<StreamBody> = z
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
  .meta({ id: 'Stream', description: 'A stream.' });

/** All of them. */
export const STREAMS: z.ZodType<{ readonly streams: readonly StreamBody[] }> = z
  .object({ streams: z.array(STREAM) })
  .meta({ id: 'Streams', description: 'All streams.' });

const PROTOCOL = z.enum(['rtmp', 'rtmps', 'http-flv', 'ws-flv', 'hls']);
const ROLE = z.enum(['publish', 'play', 'idle']);

/** See ClientBody. */
export const CLIENT: z.ZodType<ClientBody> = z
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
  .meta({ id: 'Client', description: 'A client.' });

/** Some of them. */
export const CLIENTS: z.ZodType<{ readonly clients: readonly ClientBody[]; readonly total: number }> = z
  .object({ clients: z.array(CLIENT), total: z.number().int().describe('Those that fit, listed or not.') })
  .meta({ id: 'Clients', description: 'Clients, and how many there are.' });

/** Which clients are wanted. */
export const CLIENT_QUERY: z.ZodType<
  Omit<ClientFilter, 'id'> & { readonly start: number; readonly count: number }
> = z.strictObject({
  stream: ID.optional().describe('Id of a stream.'),
  ip: ID.optional(),
  vhost: ID.optional(),
  protocol: PROTOCOL.optional(),
  role: ROLE.optional(),
  start: z.coerce.number().int().min(0).max(1_000_000).default(0),
  count: z.coerce.number().int().min(1).max(MAX_LISTED_CLIENTS).default(100),
});

/** Which clients are to go. */
export const KICK_QUERY: z.ZodType<Pick<ClientFilter, 'stream' | 'ip'>> = z
  .strictObject({ stream: ID.optional().describe('Id of a stream.'), ip: ID.optional() })
  .refine(({ stream, ip }) => stream !== undefined || ip !== undefined, 'expected stream, ip or both');
