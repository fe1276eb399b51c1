import { describe, expect, test } from 'vitest';
import { describeFailure } from '../../src/hooks/exchange.ts';
import { CA } from './scripted-backend.ts';
import { backend, gateEvent, openGate, raw, staying } from './support.ts';

/** What came of one attempt: nobody waits for a better one. */
const ask = async (url: string, options: Parameters<typeof openGate>[1] = {}) => {
  const { gate, observer } = openGate({ on_play: [url] }, { ...options, onError: 'allow' });
  await gate.authorize(gateEvent('on_play'), staying());
  expect(observer.deliveries).toHaveLength(1);
  const { outcome, why } = observer.deliveries[0] ?? { outcome: undefined, why: '' };
  return outcome === 'allowed' ? outcome : why.replace(new URL(url).href, 'URL');
};

/** Answers each request on a raw socket with these bytes, and then does as told. */
const answering = (bytes: string, then: 'stay' | 'end' | 'reset' = 'stay') =>
  raw((socket) => {
    socket.on('data', () => {
      socket.write(bytes, () => {
        if (then === 'end') socket.end();
        if (then === 'reset') socket.resetAndDestroy();
      });
    });
  });

describe('forms of an answer', () => {
  test.each([
    [
      'chunked',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n{"code\r\n4\r\n":0}\r\n0\r\n\r\n',
      'stay',
    ],
    ['no Content-Length, read to the end', 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n0', 'end'],
    ['HTTP/1.0', 'HTTP/1.0 200 OK\r\n\r\n0', 'end'],
    [
      'after 103',
      'HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n0',
      'stay',
    ],
  ] as const)('%s', async (_name, bytes, then) => {
    expect(await ask(await answering(bytes, then))).toBe('allowed');
  });

  test.each([
    ['100 Continue', 'HTTP/1.1 100 Continue\r\n\r\n'],
    ['a 100 with fields and a 102', 'HTTP/1.1 100\r\nServer: x\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n'],
  ])('after %s, each time on the same connection', async (_name, interim) => {
    const url = await answering(`${interim}HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n0`);
    const { gate, observer } = openGate({ on_play: [url] });
    for (let i = 0; i < 2; i++)
      expect(await gate.authorize(gateEvent('on_play'), staying())).toEqual({ allowed: true });
    expect(observer.deliveries.map(({ timing }) => timing.connectMs === 0)).toEqual([false, true]);
    expect(observer.deliveries[0]?.response?.status).toBe(200);
  });

  test('after 100 Continue that comes byte by byte', async () => {
    const bytes = 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n0';
    const url = await raw((socket) => {
      socket.setNoDelay();
      const write = (at: number) => {
        if (at < bytes.length) socket.write(bytes.charAt(at), () => setImmediate(write, at + 1));
      };
      socket.once('data', () => write(0));
    });
    expect(await ask(url)).toBe('allowed');
  });

  test('but not after an interim answer without end', async () => {
    expect(await ask(await answering(`HTTP/1.1 100 Continue\r\nX: ${'x'.repeat(20_000)}`))).toMatch(
      /^The backend URL (answered with too many header fields|did not answer in HTTP|closed)/,
    );
  });

  test('a redirect is not followed', async () => {
    const { origin, received } = await backend(() => ({ status: 307, headers: { location: '/elsewhere' } }));
    expect(await ask(`${origin}/here`)).toBe('status 307 is not 200 (redirects are not followed), body ""');
    expect(received.map(({ url }) => url)).toEqual(['/here']);
  });

  test('204 is no approval', async () => {
    const { origin } = await backend(() => ({ status: 204 }));
    expect(await ask(origin, { schema: 'srs5' })).toBe('status 204 is not 200 or 201, body ""');
  });
});

describe('no answer', () => {
  test.each([
    ['closed early', '', 'end', 'closed the connection before it had answered'],
    ['reset', '', 'reset', 'reset the connection'],
    [
      'closed in the middle',
      'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n0',
      'end',
      'closed the connection in the middle of its answer',
    ],
    [
      'reset in the middle',
      'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n0',
      'reset',
      'closed the connection in the middle of its answer',
    ],
  ] as const)('%s', async (_name, bytes, then, what) => {
    expect(await ask(await answering(bytes, then))).toBe(`The backend URL ${what}.`);
  });

  test('garbage', async () => {
    expect(await ask(await answering('SSH-2.0-OpenSSH_9.6\r\n'))).toBe(
      'The backend URL did not answer in HTTP.',
    );
  });

  test('an endless one is cut at 64 KiB', async () => {
    const url = await raw((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        const more = () => {
          if (!socket.destroyed) socket.write('0'.repeat(10_000), () => setImmediate(more));
        };
        more();
      });
    });
    expect(await ask(url)).toBe('The backend URL answered with more than 65536 bytes.');
  });

  test('a name that nobody has', async () => {
    expect(await ask('http://backend.invalid/')).toMatch(/^The backend URL cannot be found: /);
  });

  test('a deadline while still connecting', async () => {
    // The TCP handshake succeeds and TLS never does.
    const url = (await raw(() => {})).replace('http:', 'https:');
    expect(await ask(url, { timeoutMs: 50 })).toBe('The backend URL did not answer within 50 ms.');
  });

  test('a connection that is not ready in its own time', async () => {
    const url = (await raw(() => {})).replace('http:', 'https:');
    expect(await ask(url, { connectTimeoutMs: 50 })).toBe(
      'The backend URL did not accept the connection in time.',
    );
  });

  test.each([
    ['ECONNREFUSED', false, 'refused the connection'],
    ['EPIPE', false, 'closed the connection before it had answered'],
    ['CERT_HAS_EXPIRED', false, 'has a certificate that is not trusted (CERT_HAS_EXPIRED)'],
    [
      'ERR_TLS_CERT_ALTNAME_INVALID',
      false,
      'has a certificate that is not trusted (ERR_TLS_CERT_ALTNAME_INVALID)',
    ],
    ['ERR_SSL_WRONG_VERSION_NUMBER', false, 'does not speak TLS as expected (ERR_SSL_WRONG_VERSION_NUMBER)'],
    ['EMFILE', false, 'could not be asked (EMFILE)'],
    ['', false, 'could not be asked (text)'],
  ])('%s reads as a sentence', (code, answering, what) => {
    const error = code === '' ? new Error('text') : Object.assign(new Error('text'), { code });
    expect(describeFailure(error, answering)).toBe(what);
  });
});

describe('a connection that is used again', () => {
  const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n0';

  /** Answers the first request of each connection, and hangs up on the second. */
  const hangingUpOnTheSecond = (end: 'end' | 'reset', fresh: string) => {
    let connections = 0;
    let requests = 0;
    const url = raw((socket) => {
      const first = ++connections === 1;
      let asked = 0;
      socket.on('data', () => {
        requests++;
        if (++asked === 1) socket.write(first ? OK : fresh, () => fresh === '' && !first && socket.end());
        else if (end === 'end') socket.end();
        else socket.resetAndDestroy();
      });
    });
    return { url, counts: () => ({ connections, requests }) };
  };

  test.each(['end', 'reset'] as const)(
    'and was closed (%s) under the request is opened once more',
    async (end) => {
      const peer = hangingUpOnTheSecond(end, OK);
      const { gate, logger } = openGate({ on_play: [await peer.url] });
      expect(await gate.authorize(gateEvent('on_play'), staying())).toEqual({ allowed: true });
      expect(await gate.authorize(gateEvent('on_play'), staying())).toEqual({ allowed: true });
      expect(peer.counts()).toEqual({ connections: 2, requests: 3 });
      expect(logger.at('info', 'warn')).toEqual([]);
    },
  );

  test('but not twice, so a backend that hangs up on everybody has failed to answer', async () => {
    const peer = hangingUpOnTheSecond('end', '');
    const { gate, observer } = openGate({ on_play: [await peer.url] }, { onError: 'allow' });
    await gate.authorize(gateEvent('on_play'), staying());
    await gate.authorize(gateEvent('on_play'), staying());
    expect(observer.deliveries.map(({ outcome }) => outcome)).toEqual(['allowed', 'failed']);
    expect(peer.counts()).toEqual({ connections: 2, requests: 3 });
  });

  test('a new connection that is closed is not asked again', async () => {
    let requests = 0;
    const url = await raw((socket) => {
      socket.on('data', () => {
        requests++;
        socket.end();
      });
    });
    expect(await ask(url)).toBe('The backend URL closed the connection before it had answered.');
    expect(requests).toBe(1);
  });
});

describe('https', () => {
  test('a certificate that nobody vouches for is refused', async () => {
    const { origin, received } = await backend(() => '0', { https: true });
    expect(await ask(origin)).toMatch(/^The backend URL has a certificate that is not trusted \(\w+\)\.$/);
    expect(received).toEqual([]);
  });

  test('the CA of the configuration is trusted', async () => {
    const { origin } = await backend(() => '0', { https: true });
    expect(await ask(origin, { ca: CA })).toBe('allowed');
    expect(await ask(origin.replace('127.0.0.1', 'localhost'), { ca: CA })).toBe('allowed');
  });

  test('insecure trusts anybody', async () => {
    const { origin } = await backend(() => '0', { https: true });
    expect(await ask(origin, { insecure: true })).toBe('allowed');
  });

  test('http spoken where TLS is expected is a sentence', async () => {
    const { origin } = await backend(() => '0');
    expect(await ask(origin.replace('http:', 'https:'))).toMatch(
      /^The backend URL does not speak TLS as expected \(\w+\)\.$/,
    );
  });
});
