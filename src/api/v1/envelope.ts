import type { FastifyReply } from 'fastify';
import type { ServerControl } from '../../model/control.ts';

/** Codes of SRS that scripts look at. */
export const CODE = {
  success: 0,
  test: 100,
  notFound: 404,
  rawDisabled: 1061,
  noSuchVhost: 2047,
  noSuchStream: 2048,
  noSuchClient: 2049,
} as const;

/** What SRS puts around every answer; `pid` is a string there. */
export interface Envelope {
  readonly code: number;
  readonly server: string;
  readonly service: string;
  readonly pid: string;
}

/** The envelope with what is in it. The HTTP status is 200 whatever the code, as in SRS. */
export function enveloped<T extends object>(
  { serverId, serviceId }: Pick<ServerControl, 'serverId' | 'serviceId'>,
  content: T,
  code: number = CODE.success,
): Envelope & T {
  return { code, server: serverId, service: serviceId, pid: String(process.pid), ...content };
}

/** A function's name, as JSONP may have it: nothing that could be more than a call. */
const CALLBACK = /^[A-Za-z_$][\w$.]{0,63}$/;

/** Sends an answer as JSON, or as a script that calls `callback` with it. */
export function sendV1(reply: FastifyReply, body: object, callback: string | undefined): FastifyReply {
  const text = JSON.stringify(body);
  if (callback === undefined || !CALLBACK.test(callback))
    return reply.type('application/json; charset=utf-8').serializer(String).send(text);
  // Line separators end a line of a script, not of JSON.
  const safe = text.replace(/\u2028/g, '\\u2028').replace(/\u2029/g, '\\u2029');
  return reply.type('text/javascript; charset=utf-8').serializer(String).send(`/**/${callback}(${safe})`);
}
