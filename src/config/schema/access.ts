import type { ProxyProtocolOptions, ReferOptions, SecurityRule } from '../../model/options.ts';
import type { BlockSpec, Spec } from './spec.ts';
import { accessRules, hostSuffix, many, network, one, onOff } from './values.ts';

type Rules = readonly Omit<SecurityRule, 'verdict'>[];

/** Directives of `security { … }`. */
export interface SecurityValues {
  readonly enabled: boolean;
  readonly allow: Rules;
  readonly deny: Rules;
}

function switchOff(doc: string): Spec<boolean> {
  return { name: 'enabled', takes: 'one value', read: one(onOff()), fallback: 'off', doc, example: 'on' };
}

function rules(name: 'allow' | 'deny', doc: string, example: string): Spec<Rules> {
  return {
    name,
    takes: 'one or more values',
    read: accessRules(),
    fallback: '',
    doc,
    example,
    again: 'adds',
  };
}

function hosts(name: 'all' | 'publish' | 'play', whom: string): Spec<readonly string[]> {
  return {
    name,
    takes: 'one or more values',
    read: many(hostSuffix()),
    fallback: '',
    doc: `Hosts whose pages, and those of hosts below them, may embed ${whom}. Without it every page may.`,
    example: 'example.com example.org',
  };
}

/** Directives of `security { … }`. */
export const SECURITY: BlockSpec<SecurityValues> = {
  path: ['vhost', 'security'],
  doc: 'Who may publish and play, by address. A matching deny refuses; if there is any allow for the role, one has to match; with deny alone all others pass; without any rule nobody does.',
  directives: {
    enabled: switchOff('Off lets every address pass.'),
    allow: rules(
      'allow',
      'Lets an address, a network or all publish or play. May be repeated.',
      'play 10.0.0.0/8',
    ),
    deny: rules('deny', 'Refuses an address, a network or all. May be repeated.', 'publish 192.168.1.7'),
  },
};

/** Directives of `refer { … }`. */
export const REFER: BlockSpec<ReferOptions> = {
  path: ['vhost', 'refer'],
  doc: "Pages that may embed this vhost's streams, by the host in the client's pageUrl: a listed host and those below it. A client without a pageUrl is refused where a list is given.",
  directives: {
    enabled: switchOff('Off lets every page embed.'),
    all: hosts('all', 'players and publishers'),
    publish: hosts('publish', 'publishers'),
    play: hosts('play', 'players'),
  },
};

/** Directives of `proxy_protocol { … }`. */
export const PROXY_PROTOCOL: BlockSpec<ProxyProtocolOptions> = {
  path: ['proxy_protocol'],
  doc: 'The PROXY protocol of load balancers, version 1 and 2. Gatecast only.',
  directives: {
    enabled: switchOff('On takes the address of a client from the PROXY header of trusted peers.'),
    trusted: {
      name: 'trusted',
      takes: 'one or more values',
      read: many(network()),
      fallback: '',
      doc: 'Load balancers, as addresses and networks: their connections must begin with a PROXY header. All other peers are taken at their own address.',
      example: '10.0.0.0/8 192.168.1.2',
    },
  },
};
