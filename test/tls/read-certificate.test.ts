import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CertificateError, readCertificate } from '../../src/tls/read-certificate.ts';
import { certificateMaker, run } from '../support/certificates.ts';

function faultOf(files: { cert: string; key: string }) {
  try {
    readCertificate(files);
  } catch (fault) {
    if (fault instanceof CertificateError) return `${fault.of} ${fault.message}`;
    throw fault;
  }
  return 'none';
}

test('a certificate and its key are read, with the end of the certificate', (context) => {
  const files = certificateMaker(context).make('a', ['a.example', '*.b.example'], { days: 30 });
  const { leaf, endsAt } = readCertificate(files);
  expect(leaf.subjectAltName).toBe('DNS:a.example, DNS:*.b.example');
  expect(endsAt - Date.parse(leaf.validFrom)).toBe(30 * 86_400_000);
});

test('of several certificates the first is the server\u2019s own', (context) => {
  const maker = certificateMaker(context);
  const [own, other] = [maker.make('own', ['own.example']), maker.make('other', ['other.example'])];
  const chain = { cert: maker.file('chain.crt'), key: own.key };
  writeFileSync(chain.cert, readFileSync(own.cert, 'utf8') + readFileSync(other.cert, 'utf8'));
  expect(readCertificate(chain).leaf.subjectAltName).toBe('DNS:own.example');
  expect(faultOf({ ...chain, key: other.key })).toBe(
    `key "${other.key}" is not the key of the first certificate in "${chain.cert}", expected the one that it was made with`,
  );
});

test('what is wrong is said of the file that it is wrong with', (context) => {
  const maker = certificateMaker(context);
  const { cert, key } = maker.make('a', ['a.example']);
  const file = (name: string, text: string) => {
    writeFileSync(maker.file(name), text);
    return maker.file(name);
  };
  const half = (path: string) => readFileSync(path, 'utf8').slice(0, 150);
  const locked = maker.file('locked.key');
  run('openssl', ['ec', '-in', key, '-aes128', '-passout', 'pass:secret', '-out', locked]);
  mkdirSync(maker.file('directory'));
  const nowhere = maker.file('nowhere');
  const large = file('large', 'x'.repeat(1024 * 1024 + 1));
  const cases: [files: { cert: string; key: string }, fault: string][] = [
    [{ cert: nowhere, key }, `cert "${nowhere}" cannot be read: there is no such file`],
    [{ cert, key: nowhere }, `key "${nowhere}" cannot be read: there is no such file`],
    [{ cert: maker.file('directory'), key }, `cert "${maker.file('directory')}" is not a file, expected one`],
    [{ cert: large, key }, `cert "${large}" has 1048577 bytes, expected at most 1048576`],
    [{ cert: file('empty', ''), key }, 'holds no certificate (no start line), expected PEM text of one'],
    [{ cert: file('half.crt', half(cert)), key }, 'holds no certificate (bad end line)'],
    [{ cert: key, key }, 'holds no certificate'],
    [{ cert, key: file('half.key', half(key)) }, 'half.key" holds no private key'],
    [{ cert, key: cert }, 'holds no private key (unsupported), expected PEM text of one'],
    [{ cert, key: locked }, `key "${locked}" is protected by a passphrase, expected a key without one`],
  ];
  for (const [files, fault] of cases) expect(faultOf(files)).toContain(fault);
});

test('a certificate that OpenSSL finds too weak is refused', (context) => {
  const maker = certificateMaker(context);
  const weak = { cert: maker.file('weak.crt'), key: maker.file('weak.key') };
  const made = ['req', '-x509', '-newkey', 'rsa:512', '-nodes', '-subj', '/CN=a', '-keyout', weak.key];
  run('openssl', [...made, '-out', weak.cert]);
  expect(faultOf(weak)).toBe(
    `cert "${weak.cert}" is refused by OpenSSL (ee key too small), expected another certificate`,
  );
});
