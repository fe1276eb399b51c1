import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { expect, test } from 'vitest';
import { openApiServer } from '../../src/api/api-server.ts';
import type { ServerControl } from '../../src/model/control.ts';
import type { CertificateFiles } from '../../src/model/options.ts';
import { certificateMaker } from '../support/certificates.ts';
import { keepingLog } from '../support/memory-server.ts';
import { HTTP_API } from '../support/options.ts';
import { startServer } from '../support/running-server.ts';
import { stopped } from '../support/stopped.ts';

const pemOf = ({ cert, key }: CertificateFiles) => ({
  cert: readFileSync(cert, 'utf8'),
  key: readFileSync(key, 'utf8'),
});

/** The status of a request over TLS, the cookie that came, and whom the certificate names. */
function ask(port: number, path: string, body?: object) {
  const headers = { 'content-type': 'application/json' };
  const options = { host: '127.0.0.1', port, path, headers, rejectUnauthorized: false, agent: false };
  return new Promise<{ status: number; cookie: string; subject: unknown }>((resolve, reject) => {
    request({ ...options, method: body ? 'POST' : 'GET' }, (response) => {
      const subject = (response.socket as TLSSocket).getPeerCertificate().subject.CN;
      response.resume();
      const cookie = String(response.headers['set-cookie'] ?? '');
      resolve({ status: response.statusCode ?? 0, cookie, subject });
    })
      .on('error', reject)
      .end(body && JSON.stringify(body));
  });
}

test('with https on it listens with TLS too, and its cookie goes nowhere else', async (context) => {
  const { cert, key } = certificateMaker(context).make('api', ['api.example']);
  const { server } = stopped(
    await startServer(`http_api { enabled on; listen 0; auth { enabled on; username a; password b; }
      https { enabled on; listen 0; cert ${cert}; key ${key}; } } vhost __defaultVhost__ { }`),
  );
  expect(server.api?.protocol).toBe('api');
  const { port } = server.apis[1] ?? { port: 0 };
  expect(await ask(port, '/healthz')).toMatchObject({ status: 200, subject: 'api.example' });
  expect(await ask(port, '/api/v2/server')).toMatchObject({ status: 401 });
  const login = await ask(port, '/api/v2/login', { username: 'a', password: 'b' });
  expect(login.cookie).toContain('; Secure');
});

test('a renewed certificate is shown from the next connection on', async (context) => {
  const maker = certificateMaker(context);
  const before = { pem: pemOf(maker.make('old', ['old.example'])) };
  const after = { pem: pemOf(maker.make('new', ['new.example'])) };
  const certificate = { versions: ['TLSv1.3' as const], standard: before };
  const https = {
    versions: certificate.versions,
    cert: '',
    key: '',
    listen: [{ host: '127.0.0.1', port: 0 }],
  };
  const control = { version: '1.0.0', vhosts: () => [], listening: () => [] } as unknown as ServerControl;
  const api = await openApiServer({ ...HTTP_API, https }, control, keepingLog(), certificate);
  stopped({ stop: () => api.close() });
  const port = api.addresses[1]?.port ?? 0;
  expect(await ask(port, '/healthz')).toMatchObject({ subject: 'old.example' });
  certificate.standard = after;
  expect(await ask(port, '/healthz')).toMatchObject({ subject: 'new.example' });
});
