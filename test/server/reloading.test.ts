import { rmSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseConfigText } from '../../src/index.ts';
import type { Config } from '../../src/model/options.ts';
import { hooksTo, startBackends } from '../support/hook-backends.ts';
import { connectTo } from '../support/rtmp-peer.ts';
import { startServer } from '../support/running-server.ts';
import { stopped } from '../support/stopped.ts';
import { ownStateDir } from '../support/temporary.ts';

async function setUp() {
  const backends = stopped(await startBackends('one', 'two'));
  const stateDir = ownStateDir();
  const config = (...names: readonly string[]): Config => {
    const origins = names.map((name) => backends.at[name] ?? '');
    const vhost = names.length === 0 ? '' : hooksTo(origins, 'hook');
    const text = `listen 127.0.0.1:0; state_dir ${stateDir}; vhost __defaultVhost__ { ${vhost} }`;
    const result = parseConfigText(text, 'test.conf');
    if (!result.ok) throw new Error(JSON.stringify(result.errors));
    return result.config;
  };
  const { server, port } = stopped(await startServer(`state_dir ${stateDir}; vhost __defaultVhost__ { }`));
  /** Backends that are asked about a client who comes now. */
  const asked = async () => {
    backends.forget();
    const session = await connectTo({ port });
    await session.publish('cam');
    session.close();
    await session.closed;
    return [...new Set(backends.order.map((post) => post.split(' ')[0]))].sort();
  };
  return { server, stateDir, config, asked };
}

test('a reload that turns hooks on over a state directory that is none is refused, until there is one', async () => {
  const { server, stateDir, config, asked } = await setUp();
  const { addresses } = server;
  writeFileSync(stateDir, '');
  await expect(server.reload(config('one'))).rejects.toThrow('needs a state_dir that it can write to');
  expect(server.addresses).toEqual(addresses);
  expect(await asked()).toEqual([]);
  rmSync(stateDir);
  await server.reload(config('one'));
  expect(await asked()).toEqual(['one']);
});

test('reloads that come at once are made in turn, and one that is refused stops none after it', async () => {
  const { server, config, asked } = await setUp();
  const refused = { ...config('two'), proxyProtocol: { enabled: true, trusted: ['nonsense'] } };
  const outcomes = await Promise.allSettled([
    server.reload(config('one', 'two')),
    server.reload(refused),
    server.reload(config('one')),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(await asked()).toEqual(['one']);
});

test('what is prepared and rolled back leaves everything as it was', async () => {
  const { server, config, asked } = await setUp();
  await server.reload(config('one'));
  const prepared = await server.prepare(config('two'));
  expect(await asked()).toEqual(['one']);
  await prepared.rollBack();
  expect(await asked()).toEqual(['one']);
  (await server.prepare(config('two'))).commit();
  expect(await asked()).toEqual(['two']);
});
