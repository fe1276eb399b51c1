import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig, parseConfigText } from '../../src/config/index.ts';
import { BLOCKS, envName, specsOf, variablePaths } from '../../src/config/schema/index.ts';
import { manual } from './support/manual.ts';

const CONF = resolve(import.meta.dirname, '../../conf');
const KEY = `whsec_${Buffer.alloc(24, 1).toString('base64')}`;

test('conf/full.conf says what the schema says, all of it and nothing else', async () => {
  await expect(manual()).toMatchFileSnapshot(resolve(CONF, 'full.conf'));
});

test('conf/full.conf sets nothing but defaults', () => {
  const full = loadConfig(resolve(CONF, 'full.conf'));
  const least = parseConfigText('listen 1935; vhost __defaultVhost__ { }', 'least.conf');
  expect(full).toMatchObject({ ok: true, warnings: [] });
  expect(full.ok && full.config).toEqual(least.ok && least.config);
});

test.each([
  'api.conf',
  'dvr.conf',
  'gatecast.conf',
  'hls.conf',
  'hooks.conf',
  'hooks-two-vhosts.conf',
  'http-flv.conf',
  'low-latency.conf',
  'nginx-style.conf',
  'no-hooks.conf',
  'security.conf',
  'example.yaml',
])('conf/%s loads without errors or warnings', (name) => {
  const env = { GATECAST_HOOKS_SECRET: KEY, API_PASSWORD: 'p' };
  expect(loadConfig(resolve(CONF, name), env)).toMatchObject({ ok: true, warnings: [] });
});

const HEADS: Readonly<Record<string, string>> = { vhost: ' a', policy: ' on_play' };
const NAMED_BY_EXAMPLES = { HOOKS_SECRET: KEY, HOOKS_SECRET_OLD: KEY, BACKEND_API_KEY: 'k' };

/** Whose examples are of no use alone: they need files, or another directive. */
const NEEDS_MORE = new Set([
  'vhost.http_hooks.tls_ca_file',
  'rtmps.enabled',
  'http_server.https.enabled',
  'vhost.tls.cert',
  'vhost.tls.key',
  'http_api.auth.enabled',
  'http_api.https.enabled',
]);

const directives = BLOCKS.flatMap((block) => specsOf(block).map((spec) => ({ path: block.path, spec })));

const named = directives.map(({ path, spec }) => [[...path, spec.name].join('.'), path, spec] as const);

test.each(named.filter(([name]) => !NEEDS_MORE.has(name)))(
  'the example and the default of %s are values it takes',
  (_name, path, spec) => {
    for (const value of [spec.example, spec.fallback].filter((text) => text !== '')) {
      const line = `${spec.name} ${value};`;
      const inside = path.reduceRight((text, name) => `${name}${HEADS[name] ?? ''} { ${text} }`, line);
      const listen = path.length === 0 && spec.name === 'listen' ? '' : 'listen 1935;';
      const loaded = parseConfigText(`${listen}\n${inside}`, 'x.conf', NAMED_BY_EXAMPLES);
      expect(loaded).toMatchObject({ ok: true });
    }
  },
);

test('no two directives share a variable', () => {
  const names = BLOCKS.flatMap((block) =>
    variablePaths(block).flatMap((path) => specsOf(block).map((spec) => envName(path, spec.name))),
  );
  expect(new Set(names).size).toBe(names.length);
});

test('conf/gatecast.conf calls the sample backend for every event, and has the console on for this machine', () => {
  const text = readFileSync(resolve(CONF, 'gatecast.conf'), 'utf8');
  const loaded = parseConfigText(text, 'gatecast.conf');
  expect(loaded.ok && loaded.config).toMatchObject({
    listen: [{ host: undefined, port: 1935 }],
    maxConnections: 1000,
    httpServer: { enabled: true, listen: [{ host: undefined, port: 8080 }] },
    httpApi: { enabled: true, listen: [{ host: '127.0.0.1', port: 1985 }], credentials: undefined },
    vhosts: [
      {
        name: '__defaultVhost__',
        httpRemux: { enabled: true },
        hooks: {
          enabled: true,
          schema: 'srs1',
          urls: {
            on_connect: ['http://127.0.0.1:8085/api/v1/clients'],
            on_close: ['http://127.0.0.1:8085/api/v1/clients'],
            on_publish: ['http://127.0.0.1:8085/api/v1/streams'],
            on_unpublish: ['http://127.0.0.1:8085/api/v1/streams'],
            on_play: ['http://127.0.0.1:8085/api/v1/sessions'],
            on_stop: ['http://127.0.0.1:8085/api/v1/sessions'],
          },
        },
      },
    ],
  });
});
