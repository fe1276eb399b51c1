import { describe, expect, test } from 'vitest';
import type { AdmissionDeps, Destination, NamedStream } from '../../src/clients/admission.ts';
import { admitPlayer } from '../../src/clients/admit-player.ts';
import { admitPublisher } from '../../src/clients/admit-publisher.ts';
import { ClientEvents } from '../../src/clients/client-events.ts';
import { PlayerSlots } from '../../src/clients/player-slots.ts';
import { Refusal } from '../../src/clients/refusal.ts';
import type { Grant, Verdict } from '../../src/model/authorization.ts';
import type { VhostOptions } from '../../src/model/options.ts';
import type { Claims } from '../../src/model/shared-state.ts';
import { Hub } from '../../src/streams/hub.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeGate, refused } from '../support/fake-gate.ts';
import { settled } from '../support/memory-server.ts';
import { vhost } from '../support/options.ts';

const HOME = vhost();
const ADDRESS = { vhost: HOME.name, app: 'live', stream: 'cam', param: '' };
const yes = (grant: Grant): Verdict => ({ allowed: true, grant });

interface Options {
  readonly gate?: FakeGate;
  /** Names that have a publisher in another process. */
  readonly elsewhere?: readonly string[];
  /** Players that a stream may have in all processes. */
  readonly viewers?: number;
}

/** A client of one of several processes; what is asked, claimed and given back is in `log`, in order. */
function newClient({ gate = new FakeGate(), elsewhere = [], viewers = 10 }: Options = {}) {
  const { log } = gate;
  const clock = new FakeClock('real');
  let closed = false;
  const claims: Claims = {
    claim: ({ stream }) => {
      log.push(`claim ${stream}`);
      if (elsewhere.includes(stream)) return Promise.resolve(undefined);
      return Promise.resolve({
        onAir: () => log.push(`on air ${stream}`),
        release: () => log.push(`release ${stream}`),
      });
    },
    acquireSlot: ({ stream }, most) => {
      log.push(`slot ${stream}`);
      const bound = Math.min(most, viewers);
      return Promise.resolve(bound <= 0 ? bound : () => log.push(`leave ${stream}`));
    },
    isOnAir: () => Promise.resolve(false),
  };
  const client = { number: 1, id: 'c1', ip: '192.0.2.1' };
  const facts = { client, tcUrl: 'rtmp://host/live', pageUrl: '', flashVer: '', swfUrl: '' };
  const events = new ClientEvents(gate, facts, { bytesIn: 0, bytesOut: 0 }, clock);
  const deps: AdmissionDeps = {
    hub: new Hub(clock),
    clock,
    claims,
    slots: new PlayerSlots(),
    events,
    bytesIn: () => 0,
    kick: (reason, why) => log.push(`kick ${reason} ${why}`),
    isClosed: () => closed,
  };
  const vhosts = new Map<string, VhostOptions>([[HOME.name, HOME]]);
  const named = (streamName: string): NamedStream => ({
    snapshot: { vhosts, strictVhost: false, gate },
    tcUrl: facts.tcUrl,
    app: 'live',
    cutsQueries: false,
    streamName,
  });
  const leave = () => {
    closed = true;
    return events.close('client');
  };
  return { gate, log, deps, named, leave };
}

const holder = { leave: () => undefined, pollNow: () => undefined };
const there: Destination = { address: ADDRESS, vhost: HOME };

/** What was let in; a refusal fails the test. */
function letIn<T>(outcome: T | Refusal | undefined): T {
  if (outcome === undefined || outcome instanceof Refusal) throw new Error('not let in');
  return outcome;
}

describe('a publisher', () => {
  test('meets on_connect, has its name reserved, is asked about, goes on air, and ends', async () => {
    const { log, deps, named } = newClient();
    const admitted = letIn(await admitPublisher(deps, named('cam')));
    admitted.goLive(holder);
    admitted.end('client');
    expect(log).toEqual([
      'ask on_connect cam',
      'claim cam',
      'ask on_publish cam',
      'on air cam',
      'release cam',
      'tell on_unpublish cam client',
    ]);
  });

  test('that is renamed has the new name reserved beside the old one, and gives both back', async () => {
    const gate = new FakeGate().answers('on_publish', yes({ stream: 'alice' }));
    const { log, deps, named } = newClient({ gate });
    const admitted = letIn(await admitPublisher(deps, named('key')));
    expect(admitted).toMatchObject({ asked: 'key', key: { vhost: HOME.name, app: 'live', stream: 'alice' } });
    admitted.goLive(holder);
    admitted.end('client');
    expect(log.slice(1)).toEqual([
      'claim key',
      'ask on_publish key',
      'claim alice',
      'on air alice',
      'release alice',
      'release key',
      'tell on_unpublish alice client',
    ]);
  });

  test('whose name is taken is refused before anybody is asked about it', async () => {
    const { log, deps, named } = newClient({ elsewhere: ['cam'] });
    expect(await admitPublisher(deps, named('cam'))).toMatchObject({ reason: 'busy' });
    expect(log).toEqual(['ask on_connect cam', 'claim cam']);
  });

  test('whose new name is taken gives the old one back and ends', async () => {
    const gate = new FakeGate().answers('on_publish', yes({ stream: 'alice' }));
    const { log, deps, named } = newClient({ gate, elsewhere: ['alice'] });
    expect(await admitPublisher(deps, named('key'))).toMatchObject({ reason: 'busy' });
    expect(log.slice(2)).toEqual([
      'ask on_publish key',
      'claim alice',
      'release key',
      'tell on_unpublish key refused',
    ]);
  });

  test('that is refused by its backend gives its name back', async () => {
    const verdict: Verdict = { allowed: false, message: 'go away', redirect: 'rtmp://b/live' };
    const { log, deps, named } = newClient({ gate: new FakeGate().answers('on_publish', verdict) });
    const outcome = await admitPublisher(deps, named('cam'));
    expect(outcome).toMatchObject({ reason: 'denied', message: 'go away', redirect: 'rtmp://b/live' });
    expect(log.slice(1)).toEqual(['claim cam', 'ask on_publish cam', 'release cam']);
  });

  test('that is refused by on_connect has nothing reserved', async () => {
    const gate = new FakeGate().answers('on_connect', refused('no'));
    const { log, deps, named } = newClient({ gate });
    expect(await admitPublisher(deps, named('cam'))).toMatchObject({ reason: 'denied', message: 'no' });
    expect(log).toEqual(['ask on_connect cam']);
  });

  test('without a name meets on_connect and nothing else', async () => {
    const { log, deps, named } = newClient();
    expect(await admitPublisher(deps, named(''))).toMatchObject({ reason: 'invalid' });
    expect(log).toEqual(['ask on_connect live']);
  });

  test('that leaves while it is being asked about gives its name back', async () => {
    const { gate, log, deps, named, leave } = newClient({ gate: new FakeGate().keepsWaiting('on_publish') });
    const outcome = admitPublisher(deps, named('cam'));
    await gate.question();
    await leave();
    expect(await outcome).toBeUndefined();
    expect(log).toContain('release cam');
    expect(deps.hub.reserve(ADDRESS, HOME.play)).toBeDefined();
  });

  test('gives its name back if the claim of its new one fails', async () => {
    const gate = new FakeGate().answers('on_publish', yes({ stream: 'alice' }));
    const { log, deps, named } = newClient({ gate });
    const claim = (key: { stream: string }) =>
      key.stream === 'alice' ? Promise.reject(new Error('no primary')) : deps.claims?.claim({ ...ADDRESS });
    const failing = { ...deps, claims: { ...deps.claims, claim } as Claims };
    await expect(admitPublisher(failing, named('cam'))).rejects.toThrow('no primary');
    expect(log).toContain('release cam');
  });
});

describe('a player', () => {
  test('meets on_connect, is asked about, and takes a slot until it ends', async () => {
    const { log, deps, named } = newClient();
    letIn(await admitPlayer(deps, named('cam'))).end('client');
    expect(log).toEqual([
      'ask on_connect cam',
      'ask on_play cam',
      'slot cam',
      'tell on_stop cam client',
      'leave cam',
    ]);
  });

  test('of a vhost that has let it in already meets no on_connect', async () => {
    const { log, deps } = newClient();
    letIn(await admitPlayer(deps, there));
    expect(log).toEqual(['ask on_play cam', 'slot cam']);
  });

  test('that is renamed takes its slot under the new name', async () => {
    const gate = new FakeGate().answers('on_play', yes({ stream: 'alice' }));
    const { log, deps } = newClient({ gate });
    expect(letIn(await admitPlayer(deps, there)).key.stream).toBe('alice');
    expect(log).toEqual(['ask on_play cam', 'slot alice']);
  });

  test('of a stream that is full in this process is refused before anybody is asked about it', async () => {
    const { log, deps } = newClient();
    deps.slots.limit(ADDRESS, 1);
    deps.slots.acquire(ADDRESS);
    expect(await admitPlayer(deps, there)).toMatchObject({ reason: 'full' });
    expect(log).toEqual([]);
  });

  test('of a stream that is full elsewhere ends as refused', async () => {
    const { log, deps } = newClient({ viewers: 0 });
    expect(await admitPlayer(deps, there)).toMatchObject({ reason: 'full' });
    expect(log).toEqual(['ask on_play cam', 'slot cam', 'tell on_stop cam refused']);
  });

  test('that is given an invalid name ends as refused and takes no slot', async () => {
    const gate = new FakeGate().answers('on_play', yes({ stream: 'a/b?c' }));
    const { log, deps } = newClient({ gate });
    expect(await admitPlayer(deps, there)).toMatchObject({ reason: 'denied' });
    expect(log).toEqual(['ask on_play cam', 'tell on_stop cam refused']);
  });

  test('that leaves while its slot is being taken gives it back', async () => {
    const { log, deps, leave } = newClient();
    let give: (slot: () => void) => void = () => undefined;
    const acquireSlot = () => new Promise<() => void>((resolve) => (give = resolve));
    const slow = { ...deps, claims: { ...deps.claims, acquireSlot } as Claims };
    const outcome = admitPlayer(slow, there);
    await settled();
    await leave();
    give(() => log.push('leave cam'));
    expect(await outcome).toBeUndefined();
    expect(log).toEqual(['ask on_play cam', 'tell on_stop cam client', 'leave cam']);
    expect(deps.slots.taken(ADDRESS)).toBe(0);
  });
});
