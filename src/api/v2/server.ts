import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import type { ServerControl } from '../../model/control.ts';
import type { Guard } from '../guard.ts';
import { serverBody } from '../present.ts';
import { FAULT, NOTHING } from '../schemas/common.ts';
import { LOGIN, SERVER } from '../schemas/server.ts';

/** The server as a whole, and who may look at it. */
export function serverRoutes(control: ServerControl, guard: Guard): FastifyPluginCallbackZod {
  return (app, _options, done) => {
    app.get(
      '/server',
      { schema: { tags: ['server'], summary: 'The server and its processes', response: { 200: SERVER } } },
      async (request) => {
        const { processes } = await control.stats.collectStats({});
        return serverBody(control, processes, guard.userOf(request));
      },
    );

    app.post(
      '/login',
      {
        schema: {
          tags: ['server'],
          summary: 'Get a cookie that is as good as the password',
          body: LOGIN,
          response: { 204: NOTHING, 401: FAULT, 429: FAULT },
        },
      },
      async (request, reply) => {
        await guard.logIn(request, reply, request.body);
        return reply.code(204).send();
      },
    );

    app.post(
      '/logout',
      { schema: { tags: ['server'], summary: 'Give the cookie back', response: { 204: NOTHING } } },
      (request, reply) => {
        guard.logOut(request, reply);
        return reply.code(204).send();
      },
    );
    done();
  };
}
