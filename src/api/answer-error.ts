import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { RequestError } from '../model/control.ts';
import type { Logger } from '../model/logger.ts';

/** Says what went wrong as `{ "error": "a sentence" }`; what is a bug of ours goes to the log and is not shown. */
export function answerError(
  log: Logger,
): (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => FastifyReply {
  return (error, { method, url }, reply) => {
    if (error instanceof RequestError)
      return reply.code(error.kind === 'unknown' ? 404 : 409).send({ error: error.message });
    if (hasZodFastifySchemaValidationErrors(error)) {
      const faults = error.validation.map(({ instancePath, message }) =>
        [instancePath.replace(/^\//, ''), message].filter(Boolean).join(': '),
      );
      return reply.code(400).send({ error: faults.join('; ') });
    }
    const status = error.statusCode ?? 500;
    if (status < 500) return reply.code(status).send({ error: error.message });
    log.error(
      { err: error, method, url: url.replace(/\?.*$/s, '') },
      'a request to the API failed: this is a bug',
    );
    return reply.code(500).send({ error: 'The server could not answer: its log says why.' });
  };
}
