/**
 * Names that SRS has, in any version from 0.9 to 8, and Gatecast does not: such a file starts all the same. Under each block
 * a word list of what it can hold, so that a stray directive can be told where it belongs; what stands inside a block
 * that is not supported is not checked. Facts from SRS's own check of its files and from its samples.
 */
export type Unsupported =
  /** Changes what the server does, so that leaving it out is worth a warning unless it is off. */
  | { readonly kind: 'later'; readonly holds?: string }
  /** Tunes what Gatecast does not have, or does anyway: nothing is lost. */
  | { readonly kind: 'harmless'; readonly unlessOn?: string };

const later = (holds = ''): Unsupported => ({ kind: 'later', holds });
const harmless: Unsupported = { kind: 'harmless' };

const ROOT: Readonly<Record<string, Unsupported>> = {
  daemon: {
    kind: 'harmless',
    unlessOn: 'gatecast stays in the foreground; let the service manager put it in the background',
  },
  rtc_server: later('candidate ecdsa encrypt black_hole reuseport merge_nalus ip_family'),
  srt_server: later(
    'maxbw mss latency recvlatency peerlatency passphrase payloadsize tsbpdmode tlpktdrop sei_filter',
  ),
  rtsp_server: later(),
  stream_caster: later('caster sip rtp_port_min rtp_port_max'),
  heartbeat: later('interval url device_id summaries ports'),
  exporter: later('label tag'),
  tencentcloud_cls: later(),
  tencentcloud_apm: later(),
  kafka: later(),
  srs_log_level_v2: later(),
  inotify_auto_reload: later(),
  stats: harmless,
  pithy_print: harmless,
  pithy_print_ms: harmless,
  circuit_breaker: harmless,
  work_dir: harmless,
  asprocess: harmless,
  utc_time: harmless,
  ff_log_dir: harmless,
  ff_log_level: harmless,
  log_dir: harmless,
  threads: harmless,
  grace_start_wait: harmless,
  grace_final_wait: harmless,
  force_grace_quit: harmless,
  empty_ip_ok: harmless,
  disable_daemon_for_docker: harmless,
  auto_reload_for_docker: harmless,
  tcmalloc_release_rate: harmless,
  query_latest_version: harmless,
  first_wait_for_qlv: harmless,
  is_full: harmless,
  in_docker: harmless,
};

const HTTP_API: Readonly<Record<string, Unsupported>> = {
  raw_api: later('allow_reload allow_query allow_update'),
};

/** WebRTC's signalling, which is not here. */
const HTTP_API_AUTH: Readonly<Record<string, Unsupported>> = {
  rtc_bearer_enabled: harmless,
};

const VHOST: Readonly<Record<string, Unsupported>> = {
  dash: later('dash_fragment dash_update_period dash_timeshift dash_path dash_mpd_file dash_window_size'),
  hds: later('hds_fragment hds_window hds_path'),
  http_static: later('mount dir'),
  forward: later('destination backend'),
  cluster: later(
    'mode origin token_traverse debug_srs_upnode coworkers origin_cluster protocol follow_client',
  ),
  transcode: later('engine ffmpeg'),
  ingest: later('input'),
  exec: later(),
  rtc: later(
    'nack twcc bframe aac stun_timeout stun_strict_check dtls_role dtls_version drop_for_pt rtc_to_rtmp',
  ),
  srt: later('srt_to_rtmp'),
  rtsp: later('rtmp_to_rtsp'),
  bandcheck: later('limit_kbps'),
  nack: later(),
  twcc: later(),
};

const HTTP_HOOKS: Readonly<Record<string, Unsupported>> = {
  on_forward: later(),
};

const PLAY: Readonly<Record<string, Unsupported>> = {
  atc: later(),
  atc_auto: later(),
  mix_correct: later(),
  send_min_interval: later(),
  reduce_sequence_header: later(),
  mw_msgs: harmless,
};

const PUBLISH: Readonly<Record<string, Unsupported>> = {
  mr: harmless,
  mr_latency: harmless,
  parse_sps: harmless,
  try_annexb_first: harmless,
};

const HLS: Readonly<Record<string, Unsupported>> = {
  hls_keys: later(),
  hls_fragments_per_key: harmless,
  hls_key_file: harmless,
  hls_key_file_path: harmless,
  hls_key_url: harmless,
  hls_entry_prefix: later(),
  hls_on_error: harmless,
  hls_mount: harmless,
  hls_acodec: harmless,
  hls_vcodec: harmless,
  hls_ts_floor: harmless,
  hls_dts_directly: harmless,
  hls_recover: harmless,
  hls_master_m3u8_path_relative: harmless,
};

const HTTP_REMUX: Readonly<Record<string, Unsupported>> = {
  fast_cache: harmless,
  hstrs: harmless,
};

const DVR: Readonly<Record<string, Unsupported>> = {
  dvr_autostart: harmless,
  time_jitter: harmless,
};

/** By block, its path joined with dots. */
export const UNSUPPORTED: Readonly<Record<string, Readonly<Record<string, Unsupported>>>> = {
  '': ROOT,
  http_api: HTTP_API,
  vhost: VHOST,
  'vhost.http_remux': HTTP_REMUX,
  'vhost.http_hooks': HTTP_HOOKS,
  'vhost.play': PLAY,
  'vhost.publish': PUBLISH,
  'vhost.hls': HLS,
  'vhost.dvr': DVR,
  'http_api.auth': HTTP_API_AUTH,
};
