import { describe, expect, test } from 'vitest';
import { loadConfig, parseConfigText, printConfig } from '../../src/config/index.ts';
import { configOf, errorsOf, warningsOf } from './support/find.ts';

const inVhost = (text: string) => `listen 1935;\nvhost v {\n${text}\n}`;

test('the least file gives every default', () => {
  expect(configOf('listen 1935; vhost __defaultVhost__ { }')).toEqual({
    listen: [{ host: undefined, port: 1935 }],
    maxConnections: 1000,
    workers: 1,
    serverId: undefined,
    pidFile: undefined,
    log: { file: undefined, level: 'info' },
    strictVhost: false,
    drainTimeoutMs: 10_000,
    stateDir: './objs',
    outbox: {
      enabled: true,
      maxEvents: 100_000,
      whenFull: 'drop_oldest',
      maxAgeMs: 86_400_000,
      retryMinMs: 1000,
      retryMaxMs: 60_000,
    },
    journalSize: 1000,
    httpServer: {
      enabled: false,
      listen: [{ host: undefined, port: 8080 }],
      dir: undefined,
      serveRecordings: false,
      crossdomain: true,
      trusted: [],
      maxConnectionsPerAddress: 1000,
    },
    httpApi: {
      enabled: false,
      listen: [{ host: '127.0.0.1', port: 1985 }],
      shared: [],
      https: undefined,
      crossdomain: false,
      editConfig: false,
      streamMetrics: false,
      credentials: undefined,
    },
    proxyProtocol: { enabled: false, trusted: [] },
    vhosts: [
      {
        name: '__defaultVhost__',
        enabled: true,
        chunkSize: 60_000,
        tcpNodelay: true,
        outAckSize: 2_500_000,
        inAckSize: 0,
        play: {
          gopCache: true,
          gopCacheMaxFrames: 2500,
          queueLengthMs: 30_000,
          mwLatency: 'auto',
          minLatency: false,
          timeJitter: 'full',
          unpublishWaitMs: 5000,
          publisherLostWaitMs: 60_000,
        },
        publish: { firstPktTimeoutMs: 20_000, normalTimeoutMs: 5000, kickoffForIdleMs: 0 },
        hooks: {
          enabled: false,
          schema: 'srs1',
          urls: {},
          connectTimeoutMs: 3000,
          timeoutMs: 10_000,
          retries: 0,
          onError: 'deny',
          cacheMs: 0,
          cacheKey: ['vhost', 'app', 'stream', 'param', 'ip'],
          policies: {},
          secrets: [],
          headers: [],
          maxConnections: 64,
          maxQueue: 10_000,
          breaker: { failures: 5, openMs: 10_000 },
          updateMs: 30_000,
          ca: undefined,
          insecure: false,
          notifyBytes: 64,
        },
        dvr: {
          enabled: false,
          paths: [{ template: './objs/recordings/[app]/[stream].[timestamp].flv', container: 'flv' }],
          plan: 'session',
          durationMs: 30_000,
          waitKeyframe: true,
          apply: 'all',
        },
        security: undefined,
        refer: { enabled: false, all: [], publish: [], play: [] },
        hls: {
          enabled: false,
          format: 'ts',
          storage: 'disk',
          fragmentMs: 10_000,
          windowMs: 60_000,
          path: './objs/nginx/html',
          m3u8File: '[app]/[stream].m3u8',
          tsFile: '[app]/[stream]-[seq].ts',
          fmp4File: '[app]/[stream]-[seq].m4s',
          initFile: '[app]/[stream]-init-[seq].mp4',
          cleanup: true,
          disposeMs: 120_000,
          waitKeyframe: true,
          tdRatio: 1,
          aofRatio: 2.1,
          ctx: true,
          tsCtx: true,
        },
        httpRemux: {
          enabled: false,
          mount: '/[app]/[stream].flv',
          hasAudio: true,
          hasVideo: true,
          dropIfNotMatch: true,
          guessHasAv: true,
        },
      },
    ],
  });
});

test('each directive reaches its option', () => {
  const config = configOf(`
    listen 1935 127.0.0.1:1936 [::1]:1937 :1938 0;
    max_connections 7; chunk_size 128; server_id me; pid a.pid; strict_vhost on; drain_timeout 5;
    srs_log_tank file; srs_log_file a.log; srs_log_level verbose;
    proxy_protocol { enabled on; trusted 10.0.0.0/8 ::1; }
    vhost a {
      tcp_nodelay off; min_latency on; in_ack_size 1; out_ack_size 2;
      play { gop_cache off; gop_cache_max_frames 3; queue_length 1.5; mw_latency 350; time_jitter zero; }
      publish { firstpkt_timeout 4; normal_timeout 5; kickoff_for_idle 6; }
      http_hooks { enabled on; schema srs5; connect_timeout 8; timeout 9; on_play http://a/?x=1 https://b:444; }
      security { enabled on; allow publish all; allow play 10.0.0.0/8; deny play 10.1.1.1; }
      refer { enabled on; all a.com; publish b.com c.com; play d.com; }
    }
    vhost b { chunk_size 65536; }
    vhost c { enabled off; }`);
  expect(config).toMatchObject({
    listen: [
      { host: undefined, port: 1935 },
      { host: '127.0.0.1', port: 1936 },
      { host: '::1', port: 1937 },
      { host: undefined, port: 1938 },
      { host: undefined, port: 0 },
    ],
    maxConnections: 7,
    serverId: 'me',
    pidFile: 'a.pid',
    strictVhost: true,
    drainTimeoutMs: 5,
    log: { file: 'a.log', level: 'debug' },
    proxyProtocol: { enabled: true, trusted: ['10.0.0.0/8', '::1'] },
    vhosts: [
      {
        name: 'a',
        chunkSize: 128,
        tcpNodelay: false,
        inAckSize: 1,
        outAckSize: 2,
        play: {
          gopCache: false,
          gopCacheMaxFrames: 3,
          queueLengthMs: 1500,
          mwLatency: 350,
          timeJitter: 'zero',
          minLatency: true,
        },
        publish: { firstPktTimeoutMs: 4, normalTimeoutMs: 5, kickoffForIdleMs: 6000 },
        hooks: {
          enabled: true,
          schema: 'srs5',
          connectTimeoutMs: 8,
          timeoutMs: 9,
          urls: { on_play: ['http://a/?x=1', 'https://b:444'] },
        },
        security: [
          { verdict: 'deny', role: 'play', from: '10.1.1.1' },
          { verdict: 'allow', role: 'publish', from: 'all' },
          { verdict: 'allow', role: 'play', from: '10.0.0.0/8' },
        ],
        refer: { enabled: true, all: ['a.com'], publish: ['b.com', 'c.com'], play: ['d.com'] },
      },
      { name: 'b', enabled: true, chunkSize: 65_536 },
      { name: 'c', enabled: false },
    ],
  });
});

test('the configuration cannot be changed', () => {
  const config = configOf(inVhost('http_hooks { on_play http://a/; }'));
  expect(() => Object.assign(config.vhosts[0]?.hooks.urls ?? {}, { on_play: [] })).toThrow(TypeError);
  expect(() => (config.listen as unknown[]).push(1)).toThrow(TypeError);
});

test.each([
  ['verbose', 'debug'],
  ['info', 'debug'],
  ['trace', 'info'],
  ['warn', 'warn'],
  ['error', 'error'],
])('log level %s is %s', (srs, ours) => {
  expect(configOf(`listen 1935; vhost v { } srs_log_level ${srs};`).log.level).toBe(ours);
});

const URL_EXPECTED = 'expected a whole URL such as http://127.0.0.1:8085/api';
const LISTEN_EXPECTED = 'expected a port (0 to 65535) or ADDRESS:PORT with a numeric address';

test.each<[string, string, string[]]>([
  [
    'listen;',
    'vhost v { }',
    ['a.conf:1:1: listen has no value, expected "listen 1935 127.0.0.1:19350 [::1]:1935;"'],
  ],
  ['listen 65536;', 'vhost v { }', [`a.conf:1:8: listen is "65536", ${LISTEN_EXPECTED}`]],
  [
    'listen 1 localhost:1935;',
    'vhost v { }',
    [`a.conf:1:10: listen is "localhost:1935", ${LISTEN_EXPECTED}`],
  ],
  ['listen [1.2.3.4]:1935;', 'vhost v { }', [`a.conf:1:8: listen is "[1.2.3.4]:1935", ${LISTEN_EXPECTED}`]],
  ['listen ::1:1935;', 'vhost v { }', [`a.conf:1:8: listen is "::1:1935", ${LISTEN_EXPECTED}`]],
  ['listen 1935 1935;', 'vhost v { }', ['a.conf:1:1: listen has 1935 twice, expected each address once']],
  [
    'listen [::1]:5 [::1]:5;',
    'vhost v { }',
    ['a.conf:1:1: listen has [::1]:5 twice, expected each address once'],
  ],
  [
    'listen 1935 127.0.0.1:1935;',
    'vhost v { }',
    [
      'a.conf:1:1: listen has 127.0.0.1:1935, of which 1935 in listen is a part or the whole, expected each address once',
    ],
  ],
  [
    'listen [::]:5 [::1]:5;',
    'vhost v { }',
    [
      'a.conf:1:1: listen has [::1]:5, of which [::]:5 in listen is a part or the whole, expected each address once',
    ],
  ],
  [
    'listen 1935; max_connections 0;',
    'vhost v { }',
    ['a.conf:1:30: max_connections is "0", expected a whole number from 1 to 10000000'],
  ],
  [
    'listen 1935; chunk_size 65537;',
    'vhost v { }',
    ['a.conf:1:25: chunk_size is "65537", expected a whole number from 128 to 65536'],
  ],
  [
    'listen 1935; chunk_size -1;',
    'vhost v { }',
    ['a.conf:1:25: chunk_size is "-1", expected a whole number from 128 to 65536'],
  ],
  [
    'listen 1935; chunk_size 128 129;',
    'vhost v { }',
    ['a.conf:1:29: chunk_size takes one value, unexpected "129"'],
  ],
  [
    'listen 1935; srs_log_level loud;',
    'vhost v { }',
    ['a.conf:1:28: srs_log_level is "loud", expected verbose, info, trace, debug, warn or error'],
  ],
  [
    'listen 1935; pid "";',
    'vhost v { }',
    ['a.conf:1:18: pid is "", expected 1 to 4096 printable characters'],
  ],
  [
    'listen 1935; pid { }',
    'vhost v { }',
    ['a.conf:1:14: pid is no block, expected "pid ./objs/gatecast.pid;"'],
  ],
  ['listen 1935; vhost { }', '', ['a.conf:1:14: this vhost has no name, expected "vhost NAME {"']],
  ['listen 1935; vhost v;', '', ['a.conf:1:14: vhost is a block, expected "{" behind it']],
  ['listen 1935; vhost v w { }', '', ['a.conf:1:22: a vhost has one name, unexpected "w"']],
  ['listen 1935; vhost v { }', 'vhost v { }', ['a.conf:2:7: vhost "v" is here twice, expected one (line 1)']],
  [
    'listen 1935; proxy_protocol { trusted 10.0.0.0/33 host; }',
    'vhost v { }',
    [
      'a.conf:1:39: trusted is "10.0.0.0/33", expected an IP address or a network such as 10.0.0.0/8',
      'a.conf:1:51: trusted is "host", expected an IP address or a network such as 10.0.0.0/8',
    ],
  ],
  ['vhost v { }', '', ['a.conf: listen is missing, expected "listen 1935;"']],
  [
    'gop_cache on; listen 1935;',
    'vhost v { }',
    ['a.conf:1:1: gop_cache does not belong in the top level, expected it in vhost NAME { play { … } }'],
  ],
  [
    'listen 1935; liste 5;',
    'vhost v { }',
    ['a.conf:1:14: unknown directive "liste" in the top level, did you mean listen?'],
  ],
  [
    'listen 1935; frobnicate 5;',
    'vhost v { }',
    [
      'a.conf:1:14: unknown directive "frobnicate" in the top level, expected one that the top level can hold (see conf/full.conf)',
    ],
  ],
])('%s %s', (first, second, errors) => {
  expect(errorsOf(`${first}\n${second}`)).toEqual(errors);
});

test.each<[string, string[]]>([
  ['enabled yes;', ['a.conf:3:9: enabled is "yes", expected on or off']],
  ['play { gop_cache ON; }', ['a.conf:3:18: gop_cache is "ON", expected on or off']],
  ['play { queue_length 0; }', ['a.conf:3:21: queue_length is "0", expected seconds from 1 to 3600']],
  [
    'play { mw_latency -5; }',
    ['a.conf:3:19: mw_latency is "-5", expected auto or a whole number from 0 to 60000'],
  ],
  ['play on;', ['a.conf:3:1: play is a block, expected "{" behind it']],
  ['play x { }', ['a.conf:3:6: play takes no name, expected "{" instead of "x"']],
  [
    'on_publish http://a/;',
    ['a.conf:3:1: on_publish does not belong in vhost, expected it in vhost NAME { http_hooks { … } }'],
  ],
  [
    'dash_path x;',
    ['a.conf:3:1: dash_path does not belong in vhost, expected it in vhost NAME { dash { … } }'],
  ],
  [
    'http_hooks { on_publsh http://a/; }',
    ['a.conf:3:14: unknown directive "on_publsh" in http_hooks, did you mean on_publish?'],
  ],
  ['http_hooks { on_play ftp://a/; }', [`a.conf:3:22: on_play is "ftp://a/", ${URL_EXPECTED}`]],
  ['http_hooks { on_play a.com/x; }', [`a.conf:3:22: on_play is "a.com/x", ${URL_EXPECTED}`]],
  ['http_hooks { on_play http:///x; }', [`a.conf:3:22: on_play is "http:///x", ${URL_EXPECTED}`]],
  ['http_hooks { on_play "http://a b/"; }', [`a.conf:3:22: on_play is "http://a b/", ${URL_EXPECTED}`]],
  ['http_hooks { on_play http://a:99999/; }', [`a.conf:3:22: on_play is "http://a:99999/", ${URL_EXPECTED}`]],
  [
    'http_hooks { on_play; }',
    ['a.conf:3:14: on_play has no value, expected "on_play http://127.0.0.1:8085/api/v1/sessions;"'],
  ],
  ['http_hooks { enabled off; on_play nonsense; }', [`a.conf:3:35: on_play is "nonsense", ${URL_EXPECTED}`]],
  [
    'http_hooks { on_play http://a/;\non_play http://b/; }',
    ['a.conf:4:1: on_play is here twice, put all URLs on one line (line 3)'],
  ],
  ['http_hooks { schema srs9; }', ['a.conf:3:21: schema is "srs9", expected srs1, srs5 or nginx']],
  [
    'http_hooks { }\nhttp_hooks { }',
    ['a.conf:4:1: http_hooks is here twice, expected everything in the block at line 3'],
  ],
  ['security { allow all all; }', ['a.conf:3:18: allow names "all", expected publish or play']],
  [
    'security { allow play; }',
    ['a.conf:3:18: allow play of nobody, expected all, an IP address or a network behind it'],
  ],
  [
    'security { deny play 1.2.3; }',
    ['a.conf:3:22: deny is for "1.2.3", expected all, an IP address or a network such as 10.0.0.0/8'],
  ],
  [
    'refer { all http://a.com; }',
    ['a.conf:3:13: all is "http://a.com", expected the end of a host name such as example.com'],
  ],
])('in a vhost: %s', (text, errors) => {
  expect(errorsOf(inVhost(text))).toEqual(errors);
});

test.each([
  ['dash { enabled on; whatever { deep on; } }', ['a.conf:3:1: dash is not supported yet and is ignored']],
  ['dash { enabled off; dash_path x; }', []],
  [
    'hls { enabled on; hls_keys on; hls_on_error continue; }',
    ['a.conf:3:19: hls_keys is not supported yet and is ignored'],
  ],
  ['hls { enabled on; hls_keys off; hls_acodec aac; }', []],
  ['http_hooks { on_forward x; }', ['a.conf:3:14: on_forward is not supported yet and is ignored']],
  [
    'play { atc on; mix_correct off; send_min_interval 0.0; mw_msgs 8; }',
    ['a.conf:3:8: atc is not supported yet and is ignored'],
  ],
  ['cluster { mode local; }', []],
  ['cluster { mode local; origin_cluster on; }', ['a.conf:3:1: cluster is not supported yet and is ignored']],
  ['cluster { mode remote; origin a; }', ['a.conf:3:1: cluster is not supported yet and is ignored']],
  [
    'play { gop_cache on;\ngop_cache off; }',
    ['a.conf:4:1: gop_cache is here twice, the first one counts (line 3)'],
  ],
  [
    'play { }\nplay { }',
    ['a.conf:4:1: play is here twice, the block at line 3 counts and this one is ignored'],
  ],
  [
    'ingest a { enabled on; } ingest b { enabled off; }',
    ['a.conf:3:1: ingest is not supported yet and is ignored'],
  ],
  [
    'http_hooks { tls_insecure on; }',
    [
      'a.conf:3:14: tls_insecure on accepts every certificate: whoever is in between can answer for the backend',
    ],
  ],
])('worth a warning or none: %s', (text, warnings) => {
  expect(warningsOf(inVhost(text))).toEqual(warnings);
});

test.each([
  [
    'daemon off; utc_time on; work_dir ./; asprocess off; pithy_print_ms 1; pithy_print { play 1; } threads { }',
    [],
  ],
  [
    'daemon on;',
    [
      'a.conf:1:1: daemon on has no effect: gatecast stays in the foreground; let the service manager put it in the background',
    ],
  ],
  [
    'srs_log_tank file;',
    ['a.conf:1:1: srs_log_tank is file without a srs_log_file, so the log goes to the console'],
  ],
  [
    'srs_log_file a.log;',
    ['a.conf:1:1: srs_log_file is not used without "srs_log_tank file;", so the log goes to the console'],
  ],
  ['http_stream { enabled on; }', ['a.conf:1:1: http_stream is an old form, write http_server instead']],
  ['http_api { enabled on; listen 1985; }', []],
  ['http_api { raw_api { enabled on; } }', ['a.conf:1:12: raw_api is not supported yet and is ignored']],
])('at the top level: %s', (text, warnings) => {
  expect(warningsOf(`${text}\nlisten 1935; vhost v { }`)).toEqual(warnings);
});

test('a file without a vhost warns that nobody gets in', () => {
  expect(warningsOf('listen 1935;')).toEqual([
    'a.conf: there is no vhost, so every client is refused; expected vhost __defaultVhost__ { }',
  ]);
});

test('the block that SRS 7 has for RTMP is the top level', () => {
  expect(configOf('rtmp { listen 19350; chunk_size 4096; } vhost v { }')).toMatchObject({
    listen: [{ port: 19_350 }],
    vhosts: [{ chunkSize: 4096 }],
  });
});

test('old forms mean what they mean in SRS, with a warning each', () => {
  const text = inVhost(`refer a.com; refer_play b.com; refer_publish c.com;
    publish_1stpkt_timeout 1; publish_normal_timeout 2; mr { enabled on; latency 350; }
    gop_cache off; queue_length 10; mw_latency 100; time_jitter off; atc off;
    play { mw_latency 50; }
    forward 1.2.3.4; mode remote; origin 1.2.3.4; vhost b; http { enabled on; }`);
  expect(configOf(text).vhosts[0]).toMatchObject({
    refer: { enabled: true, all: ['a.com'], play: ['b.com'], publish: ['c.com'] },
    publish: { firstPktTimeoutMs: 1, normalTimeoutMs: 2 },
    play: { gopCache: false, queueLengthMs: 10_000, mwLatency: 50, timeJitter: 'off' },
  });
  const warnings = warningsOf(text);
  expect(warnings).toContain('a.conf:3:1: refer is an old form, write refer { all … } instead');
  expect(warnings).toContain(
    'a.conf:5:20: queue_length is an old form, write play { queue_length … } instead',
  );
  expect(warnings).toContain('a.conf:5:37: mw_latency is here twice, the first one counts (line 6)');
  expect(warnings).toContain('a.conf:7:5: forward is not supported yet and is ignored');
  expect(warnings).toContain('a.conf:7:22: cluster is not supported yet and is ignored');
});

test('an old refer beside a refer block that is off leaves it off', () => {
  expect(configOf(inVhost('refer { enabled off; } refer_play b.com;')).vhosts[0]?.refer).toMatchObject({
    enabled: false,
    play: ['b.com'],
  });
});

test('what is printed loads again as the same configuration', () => {
  const text = `listen 1935 [::1]:1; pid "a b"; vhost "x y" { chunk_size 128; security { enabled on; allow play all; deny play 1.2.3.4; }
    http_hooks { enabled on; on_play http://a/ http://b/; } } vhost off { enabled off; }`;
  const loaded = parseConfigText(text, 'a\nb.conf', { SRS_VHOST_PLAY_MW_LATENCY: '5' });
  if (!loaded.ok) throw new Error('it should load');
  const printed = printConfig(loaded);
  expect(configOf(printed)).toEqual(loaded.config);
  expect(printed).toContain('max_connections 1000; # default\n');
  expect(printed).toContain('listen 1935 [::1]:1; # from a b.conf:1:1\n');
  expect(printed).toContain('mw_latency 5; # from env SRS_VHOST_PLAY_MW_LATENCY\n');
  expect(printed).toContain('# server_id; # not set\n');
  expect(printed).toContain('vhost off {');
});

test('a file that is not there is one error', () => {
  expect(loadConfig('/nowhere/a.conf')).toEqual({
    ok: false,
    errors: [
      { file: '/nowhere/a.conf', line: 0, column: 0, message: 'cannot be read: there is no such file' },
    ],
    warnings: [],
  });
});

describe('dvr', () => {
  const dvrOf = (text: string) => {
    const loaded = configOf(`listen 1935;\nvhost a { dvr { ${text} } }`);
    return loaded.vhosts[0]?.dvr;
  };

  test('may have several paths, a directory among them', () => {
    expect(
      dvrOf('enabled on; dvr_path /d/[app]/[stream].mp4 /e; dvr_plan segment; dvr_duration 1.5;'),
    ).toEqual({
      enabled: true,
      paths: [
        { template: '/d/[app]/[stream].mp4', container: 'mp4' },
        { template: '/e/[stream].[timestamp].flv', container: 'flv' },
      ],
      plan: 'segment',
      durationMs: 1500,
      waitKeyframe: true,
      apply: 'all',
    });
  });

  test.each<[string, string | readonly string[]]>([
    ['dvr_apply all;', 'all'],
    ['dvr_apply none;', []],
    ['dvr_apply live/a live/b/c;', ['live/a', 'live/b/c']],
  ])('%s', (text, apply) => {
    expect(dvrOf(text)?.apply).toEqual(apply);
  });

  test.each([
    ['dvr { dvr_path /d/[streem].flv; }', 'dvr_path has [streem], expected one of [vhost] [app] [stream]'],
    [
      'dvr { dvr_apply cam; }',
      'dvr_apply names "cam", expected all, none, or streams such as live/livestream',
    ],
    ['dvr { dvr_apply all live/a; }', 'dvr_apply has all beside streams, expected it alone'],
    ['dvr { dvr_plan hourly; }', 'dvr_plan is "hourly", expected session, segment or append'],
  ])('%s is an error at its place', (text, message) => {
    expect(errorsOf(inVhost(text))[0]).toContain(message);
    expect(errorsOf(inVhost(text))[0]).toMatch(/^a\.conf:3:\d+: /);
  });

  test('append of SRS 1 is a session, with a warning', () => {
    expect(warningsOf(inVhost('dvr { dvr_plan append; }'))).toEqual([
      'a.conf:3:7: dvr_plan append is not supported: each publish gets a file of its own, as with session',
    ]);
  });

  test.each([
    ['/srv/html/rec/[stream].flv', 1],
    ['/srv/html/[stream].flv', 1],
    ['/srv/html', 1],
    ['/srv/html/../rec/[stream].flv', 0],
    ['/srv/html2/[stream].flv', 0],
    ['/srv/[app]/x.flv', 0],
  ])('recordings at %s, where files are served, are worth a warning: %i', (path, warnings) => {
    const conf = (more: string) =>
      `listen 1935; http_server { enabled on; dir /srv/html; ${more} } vhost a { dvr { enabled on; dvr_path ${path}; } }`;
    const about = (more: string) =>
      warningsOf(conf(more)).filter((line) => line.includes('"serve_recordings on"'));
    expect(about('')).toHaveLength(warnings);
    expect(about('serve_recordings on;')).toEqual([]);
  });

  test.each([
    ['./objs', 'dir ./objs;', 1],
    ['./objs', 'dir .;', 1],
    ['./objs', 'dir ./objs/nginx/html;', 0],
    ['./objs', 'dir ./objs-of-mine;', 0],
  ])('with state_dir %s, %s is an error: %i', (stateDir, dir, errors) => {
    const conf = `listen 1935; state_dir ${stateDir}; http_server { enabled on; ${dir} } vhost a { }`;
    expect(errorsOf(conf).filter((line) => line.includes('dir holds state_dir'))).toHaveLength(errors);
  });
});
