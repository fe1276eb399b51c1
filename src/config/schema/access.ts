import type { ProxyProtocolOptions, ReferOptions, SecurityRule } from '../../model/options.ts';
import { type BlockSpec, block, type Directive, directive } from './spec.ts';
import { accessRules, enabled, hostSuffix, many, network } from './values.ts';

type Rules = readonly Omit<SecurityRule, 'verdict'>[];

/** Directives of `security { … }`. */
export interface SecurityValues {
  readonly enabled: boolean;
  readonly allow: Rules;
  readonly deny: Rules;
}

function rules(doc: string, example: string): Directive<Rules> {
  return directive(accessRules(), '', doc, example, { again: 'adds' });
}

function hosts(whom: string): Directive<readonly string[]> {
  return directive(
    many(hostSuffix()),
    '',
    `Hosts whose pages, and those of hosts below them, may embed ${whom}. Without it every page may.`,
    'example.com example.org',
  );
}

/** Directives of `security { … }`. */
export const SECURITY: BlockSpec<SecurityValues> = block({
  path: ['vhost', 'security'],
  doc: 'Who may publish and play, by address. A matching deny refuses; if there is any allow for the role, one has to match; with deny alone all others pass; without any rule nobody does.',
  directives: {
    enabled: enabled('off', 'Off lets every address pass.'),
    allow: rules('Lets an address, a network or all publish or play. May be repeated.', 'play 10.0.0.0/8'),
    deny: rules('Refuses an address, a network or all. May be repeated.', 'publish 192.168.1.7'),
  },
});

/** Directives of `refer { … }`. */
export const REFER: BlockSpec<ReferOptions> = block({
  path: ['vhost', 'refer'],
  doc: "Pages that may embed this vhost's streams, by the host in the client's pageUrl: a listed host and those below it. A client without a pageUrl is refused where a list is given.",
  directives: {
    enabled: enabled('off', 'Off lets every page embed.'),
    all: hosts('players and publishers'),
    publish: hosts('publishers'),
    play: hosts('players'),
  },
});

/** Directives of `proxy_protocol { … }`. */
export const PROXY_PROTOCOL: BlockSpec<ProxyProtocolOptions> = block({
  path: ['proxy_protocol'],
  doc: 'The PROXY protocol of load balancers, version 1 and 2. Gatecast only.',
  directives: {
    enabled: enabled('off', 'On takes the address of a client from the PROXY header of trusted peers.'),
    trusted: directive(
      many(network()),
      '',
      'Load balancers, as addresses and networks: their connections must begin with a PROXY header. All other peers are taken at their own address.',
      '10.0.0.0/8 192.168.1.2',
    ),
  },
});
