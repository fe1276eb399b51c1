import type { Answer } from '../http-handler.ts';
import type { Fault } from '../playback-request.ts';
import type { HlsSession } from './session.ts';
import type { Sender } from './stream-files.ts';

/** Says what is wrong. */
export function faulty(fault: Fault): Answer {
  return {
    admit: () => Promise.resolve(fault),
    // For a HEAD.
    send: (_http, reply) => reply.code(fault.status).header('cache-control', 'no-store').send(),
  };
}

/** Sends, for whoever does not count. */
export function answered(sender: Sender): Answer['send'] {
  return async (http, reply) => {
    await sender(http, reply);
    return reply;
  };
}

/** Sends, and tells the session what it got. */
export function counted(session: Pick<HlsSession, 'served'>, sender: Sender): Answer['send'] {
  return async (http, reply) => {
    session.served(await sender(http, reply));
    return reply;
  };
}

/** An answer that is found out about once it is needed. */
export function later(find: () => Answer | Promise<Answer>): Answer {
  let found: Answer | undefined;
  const answer = async () => {
    found ??= await find();
    return found;
  };
  return {
    admit: async (http) => (await answer()).admit?.(http),
    send: async (http, reply) => (await answer()).send(http, reply),
  };
}
