import { afterEach, describe, expect, test, vi } from 'vitest';
import { certificateMaker } from '../support/certificates.ts';
import { configOf, errorsOf, warningsOf } from './support/find.ts';

afterEach(() => {
  vi.useRealTimers();
});

/** A configuration with these blocks in line 2. */
const conf = (blocks: string, vhost = '') => `listen 1935;\n${blocks}\nvhost v { ${vhost} }`;

describe('rtmps', () => {
  test('is off unless it is switched on, and its files are not looked at then', () => {
    const text = conf('rtmps { cert nowhere; key nowhere; }');
    expect(configOf(text).rtmps).toBeUndefined();
    expect(warningsOf(text)).toEqual([]);
  });

  test('has a port and a certificate, as SRS has it', (context) => {
    const { cert, key } = certificateMaker(context).make('a', ['a.example']);
    expect(configOf(conf(`rtmps { enabled on; cert ${cert}; key ${key}; }`)).rtmps).toEqual({
      listen: [{ host: undefined, port: 1443 }],
      versions: ['TLSv1.2'],
      cert,
      key,
    });
  });

  test('names the file that is not there, at the directive, or where it was switched on', () => {
    const files = 'cert /nowhere/a.crt; key /nowhere/a.key;';
    expect(errorsOf(conf(`rtmps {\n  enabled on;\n  ${files} }`))).toEqual([
      'a.conf:4:3: cert "/nowhere/a.crt" cannot be read: there is no such file',
    ]);
    expect(errorsOf(conf('rtmps { enabled on; }'))).toEqual([
      'a.conf:2:9: cert "./conf/server.crt" cannot be read: there is no such file',
    ]);
  });

  test('says of a key that does not belong to the certificate that it does not', (context) => {
    const maker = certificateMaker(context);
    const [{ cert }, { key }] = [maker.make('a', ['a.example']), maker.make('b', ['b.example'])];
    expect(errorsOf(conf(`rtmps { enabled on;\n cert ${cert};\n key ${key}; }`))).toEqual([
      `a.conf:4:2: key "${key}" is not the key of the first certificate in "${cert}", expected the one that it was made with`,
    ]);
  });

  test('takes a certificate that has expired, with a warning', (context) => {
    const { cert, key } = certificateMaker(context).make('a', ['a.example'], { days: 1 });
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 2 * 86_400_000 });
    expect(warningsOf(conf(`rtmps { enabled on;\n cert ${cert}; key ${key}; }`))).toEqual([
      expect.stringMatching(
        /^a\.conf:3:2: the certificate in ".*a\.crt" has expired: it was valid until .* GMT$/,
      ),
    ]);
  });
});

test('https is a block of http_server, and off without it', (context) => {
  const { cert, key } = certificateMaker(context).make('a', ['a.example']);
  const https = (rest: string) => `https { enabled on; cert ${cert}; key ${key}; ${rest} }`;
  expect(configOf(conf(`http_server { enabled on; ${https('listen 127.0.0.1:8443;')} }`)).https).toEqual({
    listen: [{ host: '127.0.0.1', port: 8443 }],
    versions: ['TLSv1.2', 'TLSv1.3'],
    cert,
    key,
  });
  const off = conf(`http_server { ${https('')} }`);
  expect(configOf(off).https).toBeUndefined();
  expect(warningsOf(off)).toEqual(['a.conf:2:23: https is on and http_server is not, so nobody listens']);
});

test('an address belongs to one kind of listener', (context) => {
  const { cert, key } = certificateMaker(context).make('a', ['a.example']);
  const files = `cert ${cert}; key ${key};`;
  const text = `rtmps { enabled on; listen 1935; ${files} } http_server { enabled on; listen 8088; https { enabled on; ${files} } }`;
  expect(errorsOf(conf(text))).toEqual([
    'a.conf:2:21: rtmps has 1935, which listen has too, expected each address once',
    expect.stringMatching(
      /^a\.conf:2:\d+: https has 8088, which http_server has too, expected each address once$/,
    ),
  ]);
});

describe('tls of a vhost', () => {
  test('is a certificate of its own', (context) => {
    const maker = certificateMaker(context);
    const [{ cert, key }, own] = [maker.make('a', ['a.example']), maker.make('own', ['v'])];
    const text = conf(
      `rtmps { enabled on; cert ${cert}; key ${key}; }`,
      `tls { cert ${own.cert}; key ${own.key}; }`,
    );
    expect(configOf(text).vhosts[0]?.tls).toEqual(own);
    expect(warningsOf(text)).toEqual([]);
  });

  test('is both, certificate and key, or nothing', (context) => {
    const { cert, key } = certificateMaker(context).make('own', ['v']);
    expect(errorsOf(conf('', `tls { cert ${cert}; }`))).toEqual([
      'a.conf:3:17: cert is here without key, expected both',
    ]);
    expect(errorsOf(conf('', `tls { key ${key}; }`))).toEqual([
      'a.conf:3:17: key is here without cert, expected both',
    ]);
    expect(errorsOf(conf('', 'tls { }'))).toEqual([]);
  });

  test('is of no effect where nobody speaks TLS', (context) => {
    const { cert, key } = certificateMaker(context).make('own', ['v']);
    expect(warningsOf(conf('', `tls { cert ${cert}; key ${key}; }`))).toEqual([
      'a.conf:3:11: tls has no effect while nobody listens for TLS; see rtmps and https',
    ]);
  });
});
