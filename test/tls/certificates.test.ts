import { copyFileSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { CertificateFiles } from '../../src/model/options.ts';
import { committed } from '../../src/model/prepared-change.ts';
import { Certificates, type WantedCertificates } from '../../src/tls/certificates.ts';
import { certificateMaker } from '../support/certificates.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { keepingLog } from '../support/memory-server.ts';
import { until } from '../support/until.ts';

const DAY_MS = 86_400_000;

const listener = (files: CertificateFiles) => ({ listen: [], versions: [], ...files });

function open(wanted: WantedCertificates) {
  const clock = new FakeClock();
  const log = keepingLog();
  let passed = 0;
  const certificates = new Certificates(clock, log, () => Date.now() + passed);
  onTestFinished(() => certificates.close());
  const prepared = committed(certificates.prepare(wanted));
  return {
    certificates,
    termsFor: prepared.termsFor,
    clock,
    log,
    pass: (ms: number) => {
      passed += ms;
    },
    /** Lets the time come at which the files are looked at, and waits until they have been. */
    async look() {
      clock.advance(5000);
      await until('the end of the look', () => clock.pending.length === 1);
    },
    messages: () => log.lines.map(({ level, message }) => `${level}: ${message}`),
  };
}

function replace(files: CertificateFiles, by: CertificateFiles) {
  copyFileSync(by.cert, files.cert);
  copyFileSync(by.key, files.key);
}

describe('which certificate a host name gets', () => {
  test('that of the vhost of this name, then of one made out to it, then of a pattern that fits', (context) => {
    const maker = certificateMaker(context);
    const tls = {
      pattern: maker.make('pattern', ['*.example.com']),
      exact: maker.make('exact', ['exact.example.com', 'also.example.net']),
      vhost: maker.make('vhost', ['something.else']),
    };
    const { certificates } = open({
      listeners: [],
      vhosts: [
        { name: '__defaultVhost__', tls: tls.pattern },
        { name: 'b', tls: tls.exact },
        { name: 'Live.example.com', tls: tls.vhost },
        { name: 'none.example.com', tls: undefined },
      ],
    });
    const who = (host: string) => certificates.named(host)?.leaf.subjectAltName;
    expect(who('live.EXAMPLE.com')).toBe('DNS:something.else');
    expect(who('exact.example.com')).toBe('DNS:exact.example.com, DNS:also.example.net');
    expect(who('also.example.net')).toBe('DNS:exact.example.com, DNS:also.example.net');
    expect(who('none.example.com')).toBe('DNS:*.example.com');
    expect(who('deep.down.example.com')).toBeUndefined();
    expect(who('example.com')).toBeUndefined();
    expect(who('')).toBeUndefined();
    expect(who('a\u0000b*[')).toBeUndefined();
  });
});

describe('files that change', () => {
  const onlyFor = (files: CertificateFiles) => ({ listeners: [files], vhosts: [] });

  test('are read again, and what they hold counts from then on', async (context) => {
    const maker = certificateMaker(context);
    const [files, newer] = [maker.make('live', ['old.example']), maker.make('newer', ['new.example'])];
    const { termsFor, look, messages, log } = open(onlyFor(files));
    const shown = termsFor(listener(files));
    const before = shown.standard;
    await look();
    expect(shown.standard).toBe(before);
    replace(files, newer);
    await look();
    expect(shown.standard.leaf.subjectAltName).toBe('DNS:new.example');
    expect(messages()).toEqual(['info: certificate renewed']);
    expect(log.lines[0]?.fields).toMatchObject({ cert: files.cert, names: 'DNS:new.example' });
  });

  test('may be links that are turned to others, as certbot does', async (context) => {
    const maker = certificateMaker(context);
    const [one, two] = [maker.make('archive1', ['one.example']), maker.make('archive2', ['two.example'])];
    const files = { cert: maker.file('fullchain.pem'), key: maker.file('privkey.pem') };
    symlinkSync(one.cert, files.cert);
    symlinkSync(one.key, files.key);
    const { termsFor, look } = open(onlyFor(files));
    await look();
    for (const which of ['cert', 'key'] as const) {
      symlinkSync(two[which], `${files[which]}.new`);
      renameSync(`${files[which]}.new`, files[which]);
    }
    await look();
    expect(termsFor(listener(files)).standard.leaf.subjectAltName).toBe('DNS:two.example');
  });

  test('leave the old certificate while they are of no use, which is told once', async (context) => {
    const maker = certificateMaker(context);
    const [files, newer] = [maker.make('live', ['old.example']), maker.make('newer', ['new.example'])];
    const { termsFor, look, messages, log } = open(onlyFor(files));
    const shown = termsFor(listener(files));
    writeFileSync(files.cert, 'not a certificate');
    for (let i = 0; i < 4; i++) await look();
    expect(shown.standard.leaf.subjectAltName).toBe('DNS:old.example');
    expect(messages()).toEqual(['warn: new certificate rejected, old one stays']);
    expect(log.lines[0]?.fields['why']).toContain('holds no certificate');
    unlinkSync(files.cert);
    for (let i = 0; i < 4; i++) await look();
    expect(log.lines[1]?.fields['why']).toContain('there is no such file');
    replace(files, newer);
    await look();
    expect(shown.standard.leaf.subjectAltName).toBe('DNS:new.example');
    expect(log.lines).toHaveLength(3);
  });

  test('are not spoken of while somebody is between replacing the one and the other', async (context) => {
    const maker = certificateMaker(context);
    const [files, newer] = [maker.make('live', ['old.example']), maker.make('newer', ['new.example'])];
    const { look, messages } = open(onlyFor(files));
    copyFileSync(newer.cert, files.cert);
    await look();
    copyFileSync(newer.key, files.key);
    await look();
    expect(messages()).toEqual(['info: certificate renewed']);
  });
});

describe('another configuration', () => {
  test('has its files read, also those that are known already', (context) => {
    const maker = certificateMaker(context);
    const [files, newer] = [maker.make('live', ['old.example']), maker.make('newer', ['new.example'])];
    const { certificates, termsFor, messages } = open({ listeners: [files], vhosts: [] });
    const shown = termsFor(listener(files));
    replace(files, newer);
    committed(certificates.prepare({ listeners: [files], vhosts: [] }));
    expect(shown.standard.leaf.subjectAltName).toBe('DNS:new.example');
    expect(messages()).toEqual(['info: certificate renewed']);
  });

  test('changes nothing if one of its certificates is of no use', (context) => {
    const maker = certificateMaker(context);
    const [a, b] = [maker.make('a', ['a.example']), maker.make('b', ['b.example'])];
    const { certificates } = open({ listeners: [], vhosts: [{ name: 'v', tls: a }] });
    const wrong = { cert: a.cert, key: b.key };
    expect(() => certificates.prepare({ listeners: [], vhosts: [{ name: 'v', tls: wrong }] })).toThrow(
      'is not the key of the first certificate',
    );
    expect(certificates.named('v')?.leaf.subjectAltName).toBe('DNS:a.example');
  });

  test('changes nothing before it is committed, be its files other ones or newer', (context) => {
    const maker = certificateMaker(context);
    const [a, b] = [maker.make('a', ['a.example']), maker.make('b', ['b.example'])];
    const { certificates, termsFor, messages } = open({ listeners: [a], vhosts: [{ name: 'v', tls: a }] });
    const shown = termsFor(listener(a));
    replace(a, maker.make('newer', ['newer.example']));
    const prepared = certificates.prepare({ listeners: [a, b], vhosts: [{ name: 'v', tls: b }] });
    expect(certificates.named('v')?.leaf.subjectAltName).toBe('DNS:a.example');
    expect(shown.standard.leaf.subjectAltName).toBe('DNS:a.example');
    expect(messages()).toEqual([]);
    prepared.commit();
    expect(certificates.named('v')?.leaf.subjectAltName).toBe('DNS:b.example');
    expect(shown.standard.leaf.subjectAltName).toBe('DNS:newer.example');
    expect(prepared.termsFor(listener(b)).standard.leaf.subjectAltName).toBe('DNS:b.example');
    expect(() => prepared.termsFor(listener({ ...a, key: b.key }))).toThrow(
      'is no certificate of this configuration',
    );
  });
});

test('a certificate near its end is spoken of at the start and once a day, until there is a new one', async (context) => {
  const maker = certificateMaker(context);
  const files = maker.make('short', ['a.example'], { days: 10 });
  const { look, messages, pass, log } = open({ listeners: [files], vhosts: [] });
  const soon = 'warn: a certificate ends soon';
  expect(messages()).toEqual([soon]);
  expect(log.lines[0]?.fields).toMatchObject({
    names: 'DNS:a.example',
    until: expect.stringMatching(/ GMT$/),
  });
  for (let i = 0; i < 3; i++) await look();
  expect(messages()).toEqual([soon]);
  pass(DAY_MS);
  for (let i = 0; i < 3; i++) await look();
  expect(messages()).toEqual([soon, soon]);
  pass(10 * DAY_MS);
  for (let i = 0; i < 3; i++) await look();
  expect(messages()).toEqual([soon, soon, 'warn: a certificate has expired']);
  replace(files, maker.make('long', ['a.example'], { days: 60 }));
  pass(DAY_MS);
  for (let i = 0; i < 3; i++) await look();
  expect(messages().slice(3)).toEqual(['info: certificate renewed']);
});

test('nothing is looked at where there are no certificates, or any more when they are closed', async (context) => {
  const maker = certificateMaker(context);
  const files = maker.make('a', ['a.example']);
  const { certificates, clock } = open({ listeners: [], vhosts: [] });
  expect(clock.pending).toEqual([]);
  committed(certificates.prepare({ listeners: [files], vhosts: [] }));
  expect(clock.pending).toEqual([5000]);
  certificates.close();
  rmSync(files.cert);
  expect(clock.pending).toEqual([]);
});
