import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { HookEvent, Stamped } from '../../src/hooks/event.ts';
import { contentTypeOf, hookBody } from '../../src/hooks/payload.ts';
import {
  CLOSING_ACTIONS,
  GATE_ACTIONS,
  type GateEvent,
  LATER_ACTIONS,
  type NoticeEvent,
  type RecordedEvent,
  type RecordingEnd,
} from '../../src/model/events.ts';
import type { HookName } from '../../src/model/options.ts';
import { closingEvent, FACTS, gateEvent, SERVER } from './support.ts';

const STAMP = {
  id: '0d6e3c1e-6a5b-4f0e-9d6a-2f9f2a9f0c11',
  at: 1_700_000_000_123,
  seq: 1_700_000_000_123_456,
};
const stamped = <E extends HookEvent>(event: E): Stamped<E> => ({ ...event, stamp: STAMP });

const HEAD1 = (action: string) =>
  `{"action":"${action}","client_id":7,"ip":"203.0.113.9","vhost":"live.example.com","app":"live"`;
const TC = ',"tcUrl":"rtmp://live.example.com/live"';
const PAGE = ',"pageUrl":"http://example.com/watch"';
const NAMED = ',"stream":"cam","param":"?token=t"';
const IDS = '"server_id":"vid-0000001","service_id":"svc00001"';
const HEAD5 = (action: string) =>
  `{${IDS},"action":"${action}","client_id":"a1b2c3d4","ip":"203.0.113.9","vhost":"live.example.com","app":"live"`;
const WHERE = ',"stream_url":"live.example.com/live/cam","stream_id":"vid-py8e9m5"';
const ENDED = ',"reason":"client","duration_ms":1500';
const BYTES = ',"send_bytes":3000,"recv_bytes":400';
const END =
  ',"event_id":"0d6e3c1e-6a5b-4f0e-9d6a-2f9f2a9f0c11","event_time":1700000000123,"event_seq":1700000000123456}';

const UPDATE: GateEvent = {
  ...gateEvent('on_update'),
  role: 'publish',
  counters: { durationMs: 2500.6, sendBytes: 1, recvBytes: 2 },
};
const USED = ',"role":"publish","duration_ms":2501,"send_bytes":1,"recv_bytes":2';
const NOT_FOUND: NoticeEvent = { ...FACTS, action: 'on_not_found' };
const IDLE: NoticeEvent = { action: 'on_idle', vhost: 'live.example.com', app: 'live', stream: 'cam' };
const RECORDED: RecordedEvent = {
  ...FACTS,
  action: 'on_dvr',
  recording: {
    id: STAMP.id,
    cwd: '/srv',
    file: './rec/cam.flv',
    durationMs: 61_250,
    bytes: 15_680_012,
    reason: 'unpublish',
  },
};
const FILE = ',"cwd":"/srv","file":"./rec/cam.flv"';
const FILED = `,"reason":"unpublish","duration_ms":61250,"bytes":15680012,"file_id":"${STAMP.id}"`;
const SEGMENT: NoticeEvent = {
  ...FACTS,
  action: 'on_hls',
  segment: {
    cwd: '/srv',
    file: './html/live/cam-7.ts',
    url: 'live/cam-7.ts',
    m3u8: './html/live/cam.m3u8',
    m3u8Url: 'live/cam.m3u8',
    seqNo: 7,
    durationMs: 9366.4,
  },
};
const SEGMENTED =
  ',"duration":9.37,"cwd":"/srv","file":"./html/live/cam-7.ts","url":"live/cam-7.ts","m3u8":"./html/live/cam.m3u8","m3u8_url":"live/cam.m3u8","seq_no":7';
const server = (action: 'server_started' | 'server_stopping'): NoticeEvent => ({
  action,
  vhost: 'live.example.com',
  app: '',
  stream: '',
});

describe('srs1', () => {
  const body = (event: HookEvent) => hookBody(stamped(event), { schema: 'srs1' }, SERVER);

  test('on_connect begins with the fields of SRS 1.0', () => {
    expect(body(gateEvent('on_connect', { stream: '', param: '' }))).toBe(
      `${HEAD1('on_connect')}${TC}${PAGE},"stream":"","param":"",${IDS}${END}`,
    );
  });

  test.each(['on_publish', 'on_play', 'on_publish_busy'] as const)(
    '%s begins with the fields of SRS 1.0',
    (action) => {
      expect(body(gateEvent(action))).toBe(`${HEAD1(action)}${NAMED}${TC}${PAGE},${IDS}${END}`);
    },
  );

  test.each(['on_unpublish', 'on_stop'] as const)('%s adds why, after how long and the bytes', (action) => {
    expect(body(closingEvent(action))).toBe(
      `${HEAD1(action)}${NAMED}${TC}${PAGE},${IDS}${ENDED}${BYTES}${END}`,
    );
  });

  test('on_close begins with the fields of SRS 1.0', () => {
    expect(body(closingEvent('on_close'))).toBe(
      `${HEAD1('on_close')}${BYTES}${NAMED}${TC}${PAGE},${IDS}${ENDED}${END}`,
    );
  });

  test('on_hls has the fields of SRS 2', () => {
    const param = /,"param":"[^"]*"/.exec(NAMED)?.[0] ?? '';
    const stream = NAMED.replace(param, '');
    expect(body(SEGMENT)).toBe(`${HEAD1('on_hls')}${stream}${param}${SEGMENTED}${TC}${PAGE},${IDS}${END}`);
  });

  test('on_dvr begins with the fields of SRS 2', () => {
    expect(body(RECORDED)).toBe(`${HEAD1('on_dvr')}${NAMED}${FILE}${TC}${PAGE},${IDS}${FILED}${END}`);
  });

  test('on_update says what the client does and has used', () => {
    expect(body(UPDATE)).toBe(`${HEAD1('on_update')}${NAMED}${TC}${PAGE},${IDS}${USED}${END}`);
  });

  test('on_not_found is about a client, on_idle about a stream, server_started about a vhost', () => {
    expect(body(NOT_FOUND)).toBe(`${HEAD1('on_not_found')}${NAMED}${TC}${PAGE},${IDS}${END}`);
    expect(body(IDLE)).toBe(
      `{"action":"on_idle","vhost":"live.example.com","app":"live","stream":"cam",${IDS}${END}`,
    );
    expect(body(server('server_started'))).toBe(
      `{"action":"server_started","vhost":"live.example.com",${IDS}${END}`,
    );
  });
});

describe('srs5', () => {
  const body = (event: HookEvent) => hookBody(stamped(event), { schema: 'srs5' }, SERVER);

  test('on_connect has the order of SRS 5', () => {
    expect(body(gateEvent('on_connect'))).toBe(`${HEAD5('on_connect')}${NAMED}${TC}${PAGE}${END}`);
  });

  test.each(['on_publish', 'on_publish_busy'] as const)('%s has the order of SRS 5', (action) => {
    expect(body(gateEvent(action))).toBe(`${HEAD5(action)}${TC}${NAMED}${WHERE}${PAGE}${END}`);
  });

  test('on_play has the order of SRS 5', () => {
    expect(body(gateEvent('on_play'))).toBe(
      `${HEAD5('on_play')},"stream":"cam"${TC},"param":"?token=t"${PAGE}${WHERE}${END}`,
    );
  });

  test.each(['on_unpublish', 'on_stop'] as const)(
    '%s has the order of SRS 5, then what is ours',
    (action) => {
      expect(body(closingEvent(action))).toBe(
        `${HEAD5(action)}${TC}${NAMED}${WHERE}${PAGE}${ENDED}${BYTES}${END}`,
      );
    },
  );

  test('on_close has the order of SRS 5, then what is ours', () => {
    expect(body(closingEvent('on_close'))).toBe(
      `${HEAD5('on_close')}${BYTES}${NAMED}${TC}${PAGE}${ENDED}${END}`,
    );
  });

  test('events that SRS does not have are like its others', () => {
    expect(body(UPDATE)).toBe(`${HEAD5('on_update')}${TC}${NAMED}${WHERE}${PAGE}${USED}${END}`);
    expect(body(NOT_FOUND)).toBe(`${HEAD5('on_not_found')}${TC}${NAMED}${WHERE}${PAGE}${END}`);
    expect(body(IDLE)).toBe(
      `{${IDS},"action":"on_idle","vhost":"live.example.com","app":"live","stream":"cam"${WHERE}${END}`,
    );
    expect(body(server('server_stopping'))).toBe(
      `{"action":"server_stopping","vhost":"live.example.com",${IDS}${END}`,
    );
  });

  test('on_dvr has the order of SRS 5, then what is ours', () => {
    expect(body(RECORDED)).toBe(`${HEAD5('on_dvr')}${TC}${NAMED}${FILE}${WHERE}${PAGE}${FILED}${END}`);
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

describe('nginx', () => {
  const body = (event: HookEvent, hook?: HookName) =>
    hookBody(stamped(event), { schema: 'nginx', hook }, SERVER);
  const who = { flashVer: 'FMLE/3.0 (x; y)', swfUrl: 'http://s/p.swf' };
  const WHO =
    'app=live&flashver=FMLE%2F3.0+%28x%3B+y%29&swfurl=http%3A%2F%2Fs%2Fp.swf' +
    '&tcurl=rtmp%3A%2F%2Flive.example.com%2Flive&pageurl=http%3A%2F%2Fexample.com%2Fwatch&addr=203.0.113.9&clientid=7';
  const AT = '&vhost=live.example.com';
  const FORM_IDS = '&server_id=vid-0000001&service_id=svc00001';
  const FORM_END =
    '&event_id=0d6e3c1e-6a5b-4f0e-9d6a-2f9f2a9f0c11&event_time=1700000000123&event_seq=1700000000123456';
  const OURS = `${AT}${FORM_IDS}${FORM_END}`;
  const DONE = `${AT}&reason=client&duration_ms=1500&send_bytes=3000&recv_bytes=400${FORM_IDS}${FORM_END}`;

  test.each([
    ['on_publish', 'publish'],
    ['on_play', 'play'],
    ['on_publish_busy', 'publish_busy'],
  ] as const)('%s is call=%s, with the arguments of the client', (action, call) => {
    expect(body(gateEvent(action, who))).toBe(`${WHO}&call=${call}&name=cam${OURS}&token=t`);
  });

  test('on_connect has no name yet, and the arguments of the tcUrl', () => {
    expect(body(gateEvent('on_connect', { ...who, stream: '', param: '?a=1&a=2' }))).toBe(
      `${WHO}&call=connect${OURS}&a=1&a=2`,
    );
  });

  test.each([
    ['on_unpublish', 'publish_done'],
    ['on_stop', 'play_done'],
    ['on_close', 'disconnect'],
  ] as const)('%s is call=%s', (action, call) => {
    expect(body(closingEvent(action, who))).toBe(`${WHO}&call=${call}&name=cam${DONE}&token=t`);
  });

  test.each(['on_unpublish', 'on_stop'] as const)('%s at the URL of on_done is call=done', (action) => {
    expect(body(closingEvent(action, who), 'on_done')).toBe(`${WHO}&call=done&name=cam${DONE}&token=t`);
  });

  test('on_dvr is call=record_done, with the whole path', () => {
    const file = `&bytes=15680012&file_id=${STAMP.id}`;
    expect(body({ ...RECORDED, ...who })).toBe(
      `${WHO}&call=record_done&recorder=&name=cam&path=%2Fsrv%2Frec%2Fcam.flv${AT}` +
        `&reason=unpublish&duration_ms=61250${file}${FORM_IDS}${FORM_END}&token=t`,
    );
  });

  test('on_update says for how many seconds', () => {
    const used = '&duration_ms=2501&send_bytes=1&recv_bytes=2';
    const tail = `${AT}${used}${FORM_IDS}${FORM_END}&token=t`;
    expect(body({ ...UPDATE, ...who })).toBe(`${WHO}&call=update_publish&time=2&name=cam${tail}`);
    expect(body({ ...UPDATE, ...who, role: 'play' })).toBe(`${WHO}&call=update_play&time=2&name=cam${tail}`);
  });

  test('events without a client', () => {
    expect(body(IDLE)).toBe(`app=live&call=idle&name=cam${OURS}`);
    expect(body(server('server_started'))).toBe(`call=server_started${OURS}`);
  });

  test.each([
    '?name=other&token=t',
    '?%6eame=other&token=t',
    '?call=done&token=t&app=x&addr=1.2.3.4&event_id=1',
    '?name[]=other&token=t',
    '?name[x=other&token=t',
    '? name=other&token=t',
    '?name%00x=other&token=t',
    '?event.id=other&token=t',
    '?event[id=other&token=t',
  ])('an argument of the client cannot pass for a field: %s', (param) => {
    expect(body(gateEvent('on_publish', { ...who, param }))).toBe(
      `${WHO}&call=publish&name=cam${OURS}&token=t`,
    );
  });

  test('whatever a client sends, the form says just that', () => {
    const any = fc.string({ unit: 'binary' });
    const utf8 = (text: string) => Buffer.from(text).toString();
    fc.assert(
      fc.property(any, any, any, (stream, app, param) => {
        const form = new URLSearchParams(
          body(gateEvent('on_publish', { stream: `s${stream}`, app: `a${app}`, param })),
        );
        expect(form.getAll('name')).toEqual([utf8(`s${stream}`)]);
        expect(form.getAll('app')).toEqual([utf8(`a${app}`)]);
        expect(form.getAll('call')).toEqual(['publish']);
      }),
    );
  });

  test('bodies are announced as what they are', () => {
    expect(contentTypeOf('nginx')).toBe('application/x-www-form-urlencoded');
    expect([contentTypeOf('srs1'), contentTypeOf('srs5')]).toEqual(['application/json', 'application/json']);
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
        const text = hookBody(stamped(event), { schema }, SERVER);
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

test.each(['srs1', 'srs5'] as const)('%s says in every event of a client who it is and where', (schema) => {
  const who = ['client_id', 'ip', 'vhost', 'app', 'stream', 'param', 'tcUrl', 'pageUrl'];
  const always = [...who, 'server_id', 'service_id', 'event_id', 'event_time', 'event_seq'];
  const events = [
    ...[...GATE_ACTIONS, ...LATER_ACTIONS].map((action) => gateEvent(action)),
    ...CLOSING_ACTIONS.map((action) => closingEvent(action)),
    NOT_FOUND,
  ];
  for (const event of events) {
    const body = JSON.parse(hookBody(stamped(event), { schema }, SERVER));
    expect(always.filter((name) => body[name] === undefined)).toEqual([]);
    expect(body.stream).toBe(FACTS.stream);
  }
});

/** What a body says of a file of its stream. */
function fileOf(
  shown: Readonly<Record<string, string>>,
): Partial<Pick<NoticeEvent, 'segment'> & Pick<RecordedEvent, 'recording'>> {
  const { action, cwd = '', file = '', reason, url = '', m3u8 = '', m3u8_url: m3u8Url = '' } = shown;
  const [durationMs, bytes] = [Number(shown['duration_ms']), Number(shown['bytes'])];
  const id = shown['file_id'] ?? '';
  if (action === 'on_dvr')
    return { recording: { cwd, file, durationMs, bytes, id, reason: reason as RecordingEnd } };
  if (action !== 'on_hls') return {};
  const seqNo = Number(shown['seq_no']);
  return { segment: { cwd, file, url, m3u8, m3u8Url, seqNo, durationMs: Number(shown['duration']) * 1000 } };
}

const MANUAL = readFileSync(join(import.meta.dirname, '../../docs/hooks.md'), 'utf8');

test.each(MANUAL.split('\n').filter((line) => /^{"(action|server_id)"/.test(line)))(
  'the manual shows a real body: %s',
  (line) => {
    const shown = JSON.parse(line);
    const { action, vhost, app, stream, param, tcUrl, pageUrl, role, reason, client_id: id, ip } = shown;
    const counters = {
      durationMs: shown.duration_ms,
      sendBytes: shown.send_bytes,
      recvBytes: shown.recv_bytes,
    };
    const event: HookEvent = {
      ...{ action, vhost, app, stream, param, tcUrl, pageUrl },
      ...(id === undefined ? {} : { client: { number: id, id, ip } }),
      ...(role === undefined ? {} : { role, counters }),
      ...(reason === undefined || action === 'on_dvr' ? {} : { reason, ...counters }),
      ...fileOf(shown),
    };
    const stamp = { id: shown.event_id, at: shown.event_time, seq: shown.event_seq };
    const schema = line.startsWith('{"server_id"') ? 'srs5' : 'srs1';
    const ids = { serverId: shown.server_id, serviceId: shown.service_id };
    expect(hookBody({ ...event, stamp }, { schema }, ids)).toBe(line);
  },
);
