/**
 * ffmpeg cuts a URL behind its second path segment, even when that slash belongs to the query: of
 * `rtmp://host/live/cam?token=a/b` it makes the tcUrl `rtmp://host/live/cam?token=a` and the name `b`. These are the
 * words by which it can be told from clients that mean what they say (as publisher, as player).
 */
export function cutsQueries(flashVer: string): boolean {
  return flashVer.includes('Lavf') || flashVer === 'LNX 9,0,124,2';
}

/**
 * True if this tcUrl of such a client is the first part of a URL that was cut inside its query: it names app and stream
 * already. SRS's old form `rtmp://host/app?vhost=v/stream` has the stream behind the query by intent.
 */
export function isCut(tcUrl: string): boolean {
  const [, path = '', query] = /^[^:/]+:\/\/[^/]*([^?]*)\?(.*)$/s.exec(tcUrl) ?? [];
  if (query === undefined || path.split('/').filter((segment) => segment !== '').length < 2) return false;
  return !/(?:^|[?&])(?:vhost|domain)=[^&]*$/.test(query);
}
