import type { HttpServerOptions } from '../../model/options.ts';
import { type BlockSpec, block, directive } from './spec.ts';
import { enabled, listenAddress, many, maybe, network, one, onOff, text, whole } from './values.ts';

/** Directives of `http_server { … }`. */
export const HTTP_SERVER: BlockSpec<HttpServerOptions> = block({
  path: ['http_server'],
  doc: 'The server for players that come over HTTP. What it serves is said by the vhosts; a vhost is chosen by the host of the URL.',
  directives: {
    enabled: enabled('off', 'On listens for HTTP.'),
    listen: directive(
      many(listenAddress()),
      '8080',
      'Where players over HTTP connect: ports, or addresses with ports. A port alone is every address of IPv4 and IPv6; beside addresses of IPv6 with the same port, such as [::]:8080, it is those of IPv4.',
      '8080 127.0.0.1:18080',
    ),
    dir: directive(
      maybe(text(4096)),
      '',
      'Directory whose files everybody may fetch, such as a page with a player; those whose names begin with a dot are not shown, nor what HLS and dvr have written there. Without it no file is served; SRS serves ./objs/nginx/html.',
      './html',
      { path: 'serve' },
    ),
    serveRecordings: onOff(
      'off',
      'On lets everybody who knows or guesses its name fetch a recording that is in dir, as SRS does. Gatecast only.',
    ),
    crossdomain: onOff('on', 'Lets pages of other hosts play (CORS).'),
    trusted: directive(
      many(network()),
      '',
      'Proxies in front of this server, as addresses and networks: what they say of the client in X-Forwarded-For is believed. Gatecast only.',
      '127.0.0.1 10.0.0.0/8',
    ),
    maxConnectionsPerAddress: directive(
      one(whole(0, 1_000_000)),
      '1000',
      'Connections of players that come from one address; more are closed at once. Addresses of trusted proxies and of this machine have no such bound: behind a proxy that is trusted the viewers of FLV that X-Forwarded-For says have one address are counted instead. 0 is no bound. Gatecast only.',
      '200',
    ),
  },
});
