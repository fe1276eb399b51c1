import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';

/** The OpenAPI document of the routes that are registered after this, made from what validates them, and a page to try them. */
export async function openApi(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Gatecast',
        version,
        description: 'What is going on in a Gatecast server, and how to change it.',
      },
      components: { securitySchemes: { basic: { type: 'http', scheme: 'basic' } } },
      security: [{}, { basic: [] }],
    },
    transform: jsonSchemaTransform,
    transformObject: (input) => withoutUnused(jsonSchemaTransformObject(input)),
  });
  await app.register(swaggerUi, { routePrefix: '/api/v2/docs', staticCSP: PAGE_POLICY });
  app.get('/api/v2/openapi.json', { schema: { hide: true } }, () => app.swagger());
}

type Document = ReturnType<typeof jsonSchemaTransformObject>;

/** Leaves out what nothing refers to: each schema is made as it is sent and as it is taken. */
function withoutUnused(document: Document): Document {
  const { components: { schemas, ...components } = {}, ...rest } = document as { components?: Components };
  if (!schemas) return document;
  const text = JSON.stringify(rest);
  const used = new Set<string>();
  const look = (where: string) => {
    for (const [, name = ''] of where.matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      if (used.has(name)) continue;
      used.add(name);
      look(JSON.stringify(schemas[name] ?? null));
    }
  };
  look(text);
  const kept = Object.fromEntries(Object.entries(schemas).filter(([name]) => used.has(name)));
  return { ...rest, components: { ...components, schemas: kept } } as Document;
}

interface Components {
  readonly schemas?: Readonly<Record<string, unknown>>;
}

/** For the page that tries the API: scripts of ours, and pictures that its styles hold. */
const PAGE_POLICY = "default-src 'self'; img-src 'self' data:; object-src 'none'; frame-ancestors 'none'";
