import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { TestContext } from 'vitest';
import type { CertificateFiles } from '../../src/model/options.ts';
import { findProgram, required } from './requires.ts';
import { stopped } from './stopped.ts';
import { temporaryDirectory } from './temporary.ts';

/** Makes certificates with OpenSSL's own program, in a directory of the test's. */
export interface CertificateMaker {
  file(name: string): string;
  /** A self-signed certificate for these host names, in `<name>.crt`, and its key, in `<name>.key`. */
  make(name: string, hosts: readonly string[], options?: { days?: number }): CertificateFiles;
}

/** A maker, or a skipped test where there is no openssl. */
export function certificateMaker(context: TestContext): CertificateMaker {
  const openssl = required(context, findProgram('openssl'), 'openssl is not installed');
  const directory = stopped(temporaryDirectory());
  return {
    file: directory.file,
    make(name, hosts, { days = 90 } = {}) {
      const files = { cert: directory.file(`${name}.crt`), key: directory.file(`${name}.key`) };
      const names = hosts.map((host) => `DNS:${host}`).join();
      run(openssl, [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
        ...['-keyout', files.key, '-out', files.cert, '-days', String(days)],
        ...['-subj', `/CN=${hosts[0]}`, '-addext', `subjectAltName=${names}`],
      ]);
      return files;
    },
  };
}

/** The text of a certificate, for a client to trust. */
export function trusting({ cert }: CertificateFiles): string {
  return readFileSync(cert, 'utf8');
}

/** Runs a program to its end. */
export function run(program: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} failed: ${stderr}`);
}
