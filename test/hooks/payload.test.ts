import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hookBody } from '../../src/hooks/payload.ts';
import { CLOSING_ACTIONS, GATE_ACTIONS } from '../../src/model/lifecycle.ts';
import { closingEvent, FACTS, gateEvent, SERVER } from './support.ts';

const HEAD1 = (action: string) =>
  `{"action":"${action}","client_id":7,"ip":"203.0.113.9","vhost":"live.example.com","app":"live"`;
const STREAM1 =
  ',"stream":"cam","param":"?token=t","tcUrl":"rtmp://live.example.com/live","pageUrl":"http://example.com/watch"';
const IDS = '"server_id":"vid-0000001","service_id":"svc00001"';
const HEAD5 = (action: string) =>
  `{${IDS},"action":"${action}","client_id":"a1b2c3d4","ip":"203.0.113.9","vhost":"live.example.com","app":"live"`;
const ENDED = ',"reason":"client","duration_ms":1500}';
const WHERE = ',"stream_url":"live.example.com/live/cam","stream_id":"vid-py8e9m5"';
const TC = ',"tcUrl":"rtmp://live.example.com/live"';
const PAGE = ',"pageUrl":"http://example.com/watch"';

describe('srs1', () => {
  const body = (event: Parameters<typeof hookBody>[0]) => hookBody(event, { schema: 'srs1' }, SERVER);

  test('on_connect begins with the fields of SRS 1.0', () => {
    expect(body(gateEvent('on_connect', { stream: '', param: '' }))).toBe(
      `${HEAD1('on_connect')}${TC}${PAGE},"stream":"","param":"",${IDS}}`,
    );
  });

  test.each(['on_publish', 'on_play'] as const)('%s begins with the fields of SRS 1.0', (action) => {
    expect(body(gateEvent(action))).toBe(`${HEAD1(action)}${STREAM1},${IDS}}`);
  });

  test.each(['on_unpublish', 'on_stop'] as const)('%s adds why and after how long', (action) => {
    expect(body(closingEvent(action))).toBe(`${HEAD1(action)}${STREAM1},${IDS}${ENDED}`);
  });

  test('on_close adds the bytes', () => {
    expect(body(closingEvent('on_close'))).toBe(
      `${HEAD1('on_close')},"send_bytes":3000,"recv_bytes":400${STREAM1},${IDS}${ENDED}`,
    );
  });
});

describe('srs5', () => {
  const body = (event: Parameters<typeof hookBody>[0]) => hookBody(event, { schema: 'srs5' }, SERVER);

  test('on_connect has the order of SRS 5', () => {
    expect(body(gateEvent('on_connect'))).toBe(
      `${HEAD5('on_connect')},"stream":"cam","param":"?token=t"${TC}${PAGE}}`,
    );
  });

  test('on_publish has the order of SRS 5', () => {
    expect(body(gateEvent('on_publish'))).toBe(
      `${HEAD5('on_publish')}${TC},"stream":"cam","param":"?token=t"${WHERE}}`,
    );
  });

  test('on_play has the order of SRS 5', () => {
    expect(body(gateEvent('on_play'))).toBe(
      `${HEAD5('on_play')},"stream":"cam"${TC},"param":"?token=t"${PAGE}${WHERE}}`,
    );
  });

  test.each(['on_unpublish', 'on_stop'] as const)(
    '%s has the order of SRS 5, then why it ended',
    (action) => {
      expect(body(closingEvent(action))).toBe(
        `${HEAD5(action)}${TC},"stream":"cam","param":"?token=t"${WHERE}${ENDED}`,
      );
    },
  );

  test('on_close has the order of SRS 5, then why it ended', () => {
    expect(body(closingEvent('on_close'))).toBe(
      `${HEAD5('on_close')},"send_bytes":3000,"recv_bytes":400${ENDED}`,
    );
  });

  test('the stream_url of the default vhost has no host', () => {
    const event = JSON.parse(body(gateEvent('on_publish', { vhost: '__defaultVhost__', stream: 'cam.flv' })));
    expect(event.stream_url).toBe('/live/cam');
  });

  test('the stream_id names one stream, always the same way', () => {
    const id = (stream: string) => JSON.parse(body(gateEvent('on_publish', { stream }))).stream_id;
    expect(id('cam')).toBe(id('cam'));
    expect(id('cam')).not.toBe(id('cam2'));
    expect(id('cam')).toMatch(/^vid-[a-z0-9]{7}$/);
  });
});

test('whatever a client sends, the body is JSON that says just that', () => {
  const any = fc.string({ unit: 'binary' });
  const strings = fc.record({ app: any, stream: any, param: any, tcUrl: any, pageUrl: any, vhost: any });
  const lone = fc.constantFrom('\ud800', '\udfff', '\u0000', '"\\', '</script>', '\u2028');
  fc.assert(
    fc.property(
      strings,
      lone,
      fc.constantFrom('srs1', 'srs5'),
      fc.constantFrom(...GATE_ACTIONS),
      (facts, odd, schema, action) => {
        const event = gateEvent(action, { ...facts, stream: `${facts.stream}${odd}` });
        const text = hookBody(event, { schema }, SERVER);
        // Well-formed: it survives the way through UTF-8.
        expect(Buffer.from(text).toString()).toBe(text);
        const { app, stream, param, tcUrl } = JSON.parse(text);
        expect({ app, stream, param, tcUrl }).toEqual({
          app: event.app,
          stream: event.stream,
          param: event.param,
          tcUrl: event.tcUrl,
        });
        expect(text).not.toContain('\\/');
      },
    ),
  );
});

test('srs1 says in every event who the client is and where it is', () => {
  const identity = [
    'client_id',
    'ip',
    'vhost',
    'app',
    'stream',
    'param',
    'tcUrl',
    'pageUrl',
    'server_id',
    'service_id',
  ];
  const events = [
    ...GATE_ACTIONS.map((action) => gateEvent(action)),
    ...CLOSING_ACTIONS.map((action) => closingEvent(action)),
  ];
  for (const event of events) {
    const body = JSON.parse(hookBody(event, { schema: 'srs1' }, SERVER));
    expect(identity.filter((name) => body[name] === undefined)).toEqual([]);
    expect(body.stream).toBe(FACTS.stream);
  }
});

const MANUAL = readFileSync(join(import.meta.dirname, '../../docs/hooks.md'), 'utf8');

test.each(MANUAL.split('\n').filter((line) => line.startsWith('{"')))(
  'the manual shows a real body: %s',
  (line) => {
    const shown = JSON.parse(line);
    const {
      client_id,
      ip,
      send_bytes = 0,
      recv_bytes = 0,
      reason,
      duration_ms,
      server_id,
      service_id,
    } = shown;
    const facts = {
      client: { number: client_id, id: client_id, ip },
      vhost: shown.vhost,
      app: shown.app,
      stream: shown.stream ?? 'cam',
      param: shown.param ?? '',
      tcUrl: shown.tcUrl ?? '',
      pageUrl: shown.pageUrl ?? '',
    };
    const closing = {
      ...facts,
      reason,
      durationMs: duration_ms,
      sendBytes: send_bytes,
      recvBytes: recv_bytes,
    };
    const event = reason === undefined ? gateEvent(shown.action, facts) : closingEvent(shown.action, closing);
    const schema = typeof client_id === 'number' ? 'srs1' : 'srs5';
    expect(hookBody(event, { schema }, { serverId: server_id, serviceId: service_id })).toBe(line);
  },
);
