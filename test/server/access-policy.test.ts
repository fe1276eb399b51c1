import { expect, test } from 'vitest';
import type { Gate, Verdict } from '../../src/model/authorization.ts';
import { ALLOWED } from '../../src/model/authorization.ts';
import type { Config, VhostOptions } from '../../src/model/options.ts';
import { prepareAccessPolicy, type RefusalCounts } from '../../src/server/access-policy.ts';
import { vhost } from '../support/options.ts';

const CLIENT = { number: 1, id: 'c1', ip: '192.0.2.1' };
const ADDRESS = { vhost: vhost().name, app: 'live', stream: 'cam', param: '' };
const PAGE = { tcUrl: '', pageUrl: '', flashVer: '', swfUrl: '' };
const PUBLISH = { action: 'on_publish', client: CLIENT, ...ADDRESS, ...PAGE, opening: 1 } as const;
const CLOSE = {
  ...PUBLISH,
  action: 'on_close',
  reason: 'client',
  durationMs: 0,
  sendBytes: 0,
  recvBytes: 0,
} as const;
const DENY_PUBLISH: Partial<VhostOptions> = {
  security: [{ verdict: 'deny', role: 'publish', from: 'all' }],
};

/** The gate of a server, with an embedder's gate and hooks that note in `log` what reaches them. */
function assemble(setup: { embedder?: Verdict; hooks?: Verdict; vhost?: Partial<VhostOptions> } = {}) {
  const log: string[] = [];
  const noting = (name: string, verdict: Verdict = ALLOWED): Gate => ({
    authorize: ({ action }) => {
      log.push(`${name} asked ${action}`);
      return Promise.resolve(verdict);
    },
    emit: ({ action }) => log.push(`${name} given ${action}`),
    emitDurably: ({ action }) => {
      log.push(`${name} given ${action} durably`);
      return Promise.resolve(name === 'hooks');
    },
    isInterested: (action) => name === 'hooks' && action === 'on_update',
  });
  const hooks = {
    prepare: () => ({
      gate: noting('hooks', setup.hooks),
      commit: () => log.push('commit'),
      rollback: () => log.push('rollback'),
    }),
  };
  const refusals: RefusalCounts = {};
  const config = { vhosts: [vhost(setup.vhost)], strictVhost: true, maxConnections: 7 };
  const deps = { hooks, gate: noting('embedder', setup.embedder), refusals };
  const { policy } = prepareAccessPolicy(
    config as unknown as Config,
    deps as unknown as Parameters<typeof prepareAccessPolicy>[1],
  );
  const { gate } = policy.snapshot;
  return {
    log,
    refusals,
    policy,
    gate,
    publish: () => gate.authorize(PUBLISH, new AbortController().signal),
  };
}

test("the embedder's gate is asked first, then the access rules, then the hooks", async () => {
  const { log, publish } = assemble();
  expect(await publish()).toMatchObject({ allowed: true });
  expect(log).toEqual(['embedder asked on_publish', 'hooks asked on_publish']);
});

test('the hooks are not asked about a client whom the access rules refuse', async () => {
  const { log, refusals, publish } = assemble({ vhost: DENY_PUBLISH });
  expect(await publish()).toMatchObject({ allowed: false });
  expect(log).toEqual(['embedder asked on_publish']);
  expect(refusals).toEqual({ on_publish: 1 });
});

test('nobody else is asked about a client whom the embedder refuses', async () => {
  const { log, refusals, publish } = assemble({ embedder: { allowed: false, message: 'no' } });
  expect(await publish()).toMatchObject({ allowed: false, message: 'no' });
  expect(log).toEqual(['embedder asked on_publish']);
  expect(refusals).toEqual({ on_publish: 1 });
});

test('what the hooks grant overrules what the embedder grants', async () => {
  const { publish, refusals } = assemble({
    embedder: { allowed: true, grant: { stream: 'a', maxViewers: 2 } },
    hooks: { allowed: true, grant: { stream: 'b' } },
  });
  expect(await publish()).toEqual({ allowed: true, grant: { stream: 'b', maxViewers: 2 } });
  expect(refusals).toEqual({});
});

test('events go to the embedder and to the hooks, and are on record once both have them', async () => {
  const { log, gate } = assemble();
  gate.emit(CLOSE);
  const durable = { ...ADDRESS, action: 'on_dvr' } as unknown as Parameters<Gate['emitDurably']>[0];
  expect(await gate.emitDurably(durable)).toBe(false);
  expect(log).toEqual([
    'embedder given on_close',
    'hooks given on_close',
    'embedder given on_dvr durably',
    'hooks given on_dvr durably',
  ]);
});

test('the policy is interested in what any of them is interested in', () => {
  const { gate, policy } = assemble();
  expect(gate.isInterested('on_update', vhost().name)).toBe(true);
  expect(gate.isInterested('on_not_found', vhost().name)).toBe(false);
  expect(policy).toMatchObject({ maxConnections: 7, snapshot: { strictVhost: true } });
});
