import { expect, test } from 'vitest';
import { gatecast, startGatecast } from '../support/gatecast.ts';
import { startPublishing } from '../support/rtmp-peer.ts';
import { stopped } from '../support/stopped.ts';

const API =
  'http_api { enabled on; listen 127.0.0.1:0; auth { enabled on; username operator; password open-sesame; } } vhost __defaultVhost__ { }';

test('gatecast top prints a table of the streams where there is no terminal', async () => {
  const server = stopped(await startGatecast(API));
  const { port } = (await server.logged('gatecast is listening'))['api'] as { port: number };
  const publisher = await startPublishing('cam', { port: server.port });
  stopped({ stop: () => publisher.stop() });
  const top = async (password: string, ...args: string[]) => {
    const child = stopped(
      gatecast(['top', '--url', `http://127.0.0.1:${port}`, '--user', 'operator', ...args], {
        GATECAST_PASSWORD: password,
      }),
    );
    return { code: await child.end(), stdout: child.stdout, stderr: child.stderr };
  };
  const table = await top('open-sesame');
  expect(table.code).toBe(0);
  expect(table.stdout).toMatch(/^Gatecast \S+, up /);
  expect(table.stdout).toMatch(/^live\/cam +/m);

  const facts = await top('open-sesame', '--json');
  expect(JSON.parse(facts.stdout)).toMatchObject({ streams: [{ url: 'live/cam', publishing: true }] });

  const refused = await top('close-sesame');
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('wants a username and a password');
});
