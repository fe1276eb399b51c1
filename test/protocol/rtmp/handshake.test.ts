import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ProtocolError } from '../../../src/protocol/errors.ts';
import {
  ClientHandshake,
  type HandshakeStep,
  ServerHandshake,
} from '../../../src/protocol/rtmp/handshake.ts';
import {
  answers,
  type Half,
  PLAYER_KEY,
  SERVER_KEY,
  signedBlock,
  verifiedDigest,
} from '../../support/signed-handshake.ts';
import { cat, pattern, pieces } from '../../support/wire.ts';

const SIZE = 1536;
const random = (size: number): Buffer => pattern(size, 42);
const HALVES: [Half, 'digest-first' | 'key-first'][] = [
  ['first', 'digest-first'],
  ['second', 'key-first'],
];

interface Pushes {
  push(bytes: Buffer): HandshakeStep;
}

/** Pushes parts until done; the rest includes the parts that were never pushed. */
function run(
  peer: Pushes,
  parts: readonly Buffer[],
): { sent: Buffer; rest: Buffer | undefined; doneAt: number } {
  const sent: Buffer[] = [];
  for (const [index, part] of parts.entries()) {
    const step = peer.push(part);
    if (step.reply) sent.push(step.reply);
    if (step.done)
      return { sent: cat(...sent), rest: cat(step.rest, ...parts.slice(index + 1)), doneAt: index };
    expect(step.rest).toHaveLength(0);
  }
  return { sent: cat(...sent), rest: undefined, doneAt: -1 };
}

const simpleC1 = cat([0, 0, 1, 2, 0, 0, 0, 0], pattern(SIZE - 8, 3));
const c2 = pattern(SIZE, 9);

describe('the server', () => {
  test('answers a simple handshake with an echo', () => {
    const step = new ServerHandshake(random).push(cat([3], simpleC1));
    expect(step.reply).toHaveLength(1 + 2 * SIZE);
    expect(step.reply?.[0]).toBe(3);
    expect(step.reply?.subarray(1, 9)).toEqual(Buffer.alloc(8));
    expect(step.reply?.subarray(1 + SIZE).equals(simpleC1)).toBe(true);
    expect([step.done, step.rest.length]).toEqual([false, 0]);
  });

  test('makes its own random bytes when it is given none', () => {
    const [a, b] = [new ServerHandshake(), new ServerHandshake()].map(
      (server) => server.push(cat([3], simpleC1)).reply,
    );
    expect(a?.subarray(9, 1 + SIZE).equals(b?.subarray(9, 1 + SIZE) ?? Buffer.alloc(0))).toBe(false);
  });

  test('answers not a byte before C1 is complete, and all in one buffer then', () => {
    const server = new ServerHandshake(random);
    expect(server.push(Buffer.alloc(0)).reply).toBeUndefined();
    expect(server.push(cat([3], simpleC1.subarray(1))).reply).toBeUndefined();
    expect(server.push(Buffer.of(0)).reply).toHaveLength(1 + 2 * SIZE);
  });

  test.each(HALVES)('signs its answer to a digest in the %s half', (half) => {
    const c1 = signedBlock(PLAYER_KEY, half);
    const reply = new ServerHandshake(random).push(cat([3], c1)).reply ?? Buffer.alloc(0);
    const s1 = reply.subarray(1, 1 + SIZE);
    const s2 = reply.subarray(1 + SIZE);
    expect(s1[4]).toBeGreaterThanOrEqual(3);
    expect(verifiedDigest(s1, half, SERVER_KEY)).toBeDefined();
    expect(answers(s2, verifiedDigest(c1, half, PLAYER_KEY) ?? Buffer.alloc(0), SERVER_KEY)).toBe(true);
  });

  test('finds digests wherever their pointer leads', () => {
    for (const [half] of HALVES) {
      for (let seed = 0; seed < 50; seed++) {
        const c1 = signedBlock(PLAYER_KEY, half, seed);
        const reply = new ServerHandshake(random).push(cat([3], c1)).reply ?? Buffer.alloc(0);
        expect(verifiedDigest(reply.subarray(1, 1 + SIZE), half, SERVER_KEY)).toBeDefined();
      }
    }
  });

  test('echoes a C1 whose digest is wrong, and claims no software version', () => {
    const c1 = signedBlock(PLAYER_KEY, 'first');
    c1[1000] = (c1[1000] ?? 0) ^ 1;
    const reply = new ServerHandshake(random).push(cat([3], c1)).reply ?? Buffer.alloc(0);
    expect(reply.subarray(1 + SIZE).equals(c1)).toBe(true);
    expect(reply.readUInt32BE(5)).toBe(0);
  });

  test('ends with C2, whatever it says, and hands back what follows', () => {
    const all = cat([3], simpleC1, c2, 'connect');
    const { sent, rest, doneAt } = run(new ServerHandshake(random), [all]);
    expect([sent.length, rest?.toString(), doneAt]).toEqual([1 + 2 * SIZE, 'connect', 0]);
  });

  test('understands bytes that come one at a time', () => {
    const all = cat([3], signedBlock(PLAYER_KEY, 'first'), c2, 'connect');
    const { sent, rest, doneAt } = run(new ServerHandshake(random), pieces(all, Array.from(all.keys())));
    expect([sent.length, rest?.toString(), doneAt]).toEqual([1 + 2 * SIZE, 'connect', 2 * SIZE]);
  });

  test('does the same however its bytes are cut', () => {
    const all = cat([3], signedBlock(PLAYER_KEY, 'second'), c2, 'connect');
    const whole = run(new ServerHandshake(random), [all]);
    fc.assert(
      fc.property(fc.array(fc.nat(all.length)), (cuts) => {
        const { sent, rest } = run(new ServerHandshake(random), pieces(all, cuts));
        expect(sent.equals(whole.sent)).toBe(true);
        expect(rest?.toString()).toBe('connect');
      }),
    );
  });

  test.each([
    ['RTMPE', Buffer.of(6), 'RTMP version 6 (RTMPE, encrypted)'],
    ['RTMPE of another kind', Buffer.of(9), 'RTMP version 9 (RTMPE, encrypted)'],
    ['a version from the future', Buffer.of(4), 'RTMP version 4 is not accepted'],
    ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\n'), 'HTTP request'],
    ['a TLS ClientHello', Buffer.of(0x16, 3, 1), 'TLS'],
  ])('refuses %s with its first byte', (_, bytes, sentence) => {
    const act = () => new ServerHandshake(random).push(bytes.subarray(0, 1));
    expect(act).toThrow(ProtocolError);
    expect(act).toThrow(sentence);
  });

  test('any first bytes are waited on or refused, and nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 100 }), (bytes) => {
        const act = () => new ServerHandshake(random).push(Buffer.from(bytes));
        if (bytes[0] === 3) expect(act().done).toBe(false);
        else expect(act).toThrow(ProtocolError);
      }),
    );
  });

  test('must not be pushed to when it is over', () => {
    const server = new ServerHandshake(random);
    expect(server.push(cat([3], simpleC1, c2)).done).toBe(true);
    expect(() => server.push(Buffer.of(1))).toThrow('over');
  });
});

describe('the client', () => {
  const s0s1s2 = (s1: Buffer): Buffer => cat([3], s1, pattern(SIZE, 5));

  test('begins a simple handshake without claiming a software version', () => {
    const hello = new ClientHandshake('simple', random).start();
    expect([hello.length, hello[0], hello.readUInt32BE(5)]).toEqual([1 + SIZE, 3, 0]);
    expect(hello.subarray(9).equals(pattern(SIZE - 8, 42))).toBe(true);
  });

  test.each(HALVES)('signs C1 in the %s half', (half, schema) => {
    const hello = new ClientHandshake('digest', random, schema).start();
    expect(verifiedDigest(hello.subarray(1), half, PLAYER_KEY)).toBeDefined();
    expect(hello.readUInt32BE(5)).not.toBe(0);
  });

  test('signs in the first half unless told otherwise', () => {
    expect(
      verifiedDigest(new ClientHandshake('digest').start().subarray(1), 'first', PLAYER_KEY),
    ).toBeDefined();
  });

  test.each(['simple', 'digest'] as const)('echoes an S1 that is not signed (%s)', (kind) => {
    const client = new ClientHandshake(kind, random);
    client.start();
    const step = client.push(cat(s0s1s2(simpleC1), 'result'));
    expect(step.reply?.equals(simpleC1)).toBe(true);
    expect([step.done, step.rest.toString()]).toEqual([true, 'result']);
  });

  test.each(HALVES)('signs C2 when S1 is signed in the %s half', (half) => {
    const s1 = signedBlock(SERVER_KEY, half);
    const step = new ClientHandshake('digest', random).push(s0s1s2(s1));
    const digest = verifiedDigest(s1, half, SERVER_KEY) ?? Buffer.alloc(0);
    expect(answers(step.reply ?? Buffer.alloc(0), digest, PLAYER_KEY)).toBe(true);
  });

  test('refuses a server of another version', () => {
    const client = new ClientHandshake('simple', random);
    expect(client.push(Buffer.alloc(0)).done).toBe(false);
    expect(() => client.push(Buffer.from('HTTP/1.1 400'))).toThrow(ProtocolError);
  });

  test('must not be pushed to when it is over', () => {
    const client = new ClientHandshake('simple', random);
    client.push(s0s1s2(simpleC1));
    expect(() => client.push(Buffer.of(1))).toThrow('over');
  });

  test.each([
    ['simple', undefined],
    ['digest', 'digest-first'],
    ['digest', 'key-first'],
  ] as const)('and our server understand each other (%s, %s)', (kind, schema) => {
    const client = new ClientHandshake(kind, random, schema);
    const server = new ServerHandshake(random);
    const answer = server.push(client.start());
    const { sent, rest } = run(client, pieces(cat(answer.reply ?? '', 'ab'), [1, 2000]));
    const end = server.push(cat(sent, 'cd'));
    expect([rest?.toString(), end.done, end.rest.toString(), end.reply]).toEqual([
      'ab',
      true,
      'cd',
      undefined,
    ]);
  });
});
