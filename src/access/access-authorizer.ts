import { ALLOWED, type Authorizer, type Verdict } from '../model/authorization.ts';
import type { Action, GateEvent } from '../model/events.ts';
import { networkMatcher } from '../model/ip.ts';
import type { ReferOptions, SecurityRule, VhostOptions } from '../model/options.ts';

type Role = 'publish' | 'play';
type Check = (role: Role, event: GateEvent) => Verdict;

/**
 * Access rules that the configuration has itself: `security { allow|deny }` by address and `refer { }` by page. They
 * are kept at publish and play, never at connect, so that a backend that hears of a connection's end has heard of its
 * beginning.
 */
export function accessAuthorizer(vhosts: ReadonlyMap<string, VhostOptions>): Authorizer {
  const checks = new Map<string, readonly Check[]>();
  for (const vhost of vhosts.values()) {
    const security = vhost.security ? [securityCheck(vhost.security)] : [];
    const refer = vhost.refer.enabled ? [referCheck(vhost.refer)] : [];
    checks.set(vhost.name, [...security, ...refer]);
  }
  return {
    authorize(event) {
      const role = ROLE[event.action];
      if (role === undefined) return Promise.resolve(ALLOWED);
      for (const check of checks.get(event.vhost) ?? []) {
        const verdict = check(role, event);
        if (!verdict.allowed) return Promise.resolve(verdict);
      }
      return Promise.resolve(ALLOWED);
    },
    isInterested: (action, vhost) => ROLE[action] !== undefined && (checks.get(vhost)?.length ?? 0) > 0,
  };
}

const ROLE: Readonly<Partial<Record<Action, Role>>> = { on_publish: 'publish', on_play: 'play' };

/** As in SRS: a matching deny refuses; where there is an allow rule one has to match; no rule at all refuses. */
function securityCheck(rules: readonly SecurityRule[]): Check {
  const compiled = rules.map((rule) => ({
    ...rule,
    matches: rule.from === 'all' ? () => true : networkMatcher([rule.from]),
  }));
  return (role, { client }) => {
    const matching = compiled.filter((rule) => rule.role === role && rule.matches(client.ip));
    const refuse = (why: string): Verdict => ({
      allowed: false,
      message: `${role} from ${client.ip} is refused by "security": ${why}`,
    });
    if (compiled.length === 0) return refuse('it has no rules');
    const denial = matching.find((rule) => rule.verdict === 'deny');
    if (denial) return refuse(`deny ${role} ${denial.from}`);
    const needsAllow = compiled.some((rule) => rule.verdict === 'allow');
    if (needsAllow && !matching.some((rule) => rule.verdict === 'allow'))
      return refuse('no allow rule matches');
    return ALLOWED;
  };
}

/** A listed host admits pages of that host and of those below it; a client that names no page is refused. */
function referCheck(refer: ReferOptions): Check {
  return (role, { pageUrl }) => {
    const host = URL.canParse(pageUrl) ? new URL(pageUrl).hostname : '';
    const admits = (hosts: readonly string[]) =>
      hosts.length === 0 || hosts.some((listed) => `.${host}`.endsWith(`.${listed.toLowerCase()}`));
    if (admits(refer.all) && admits(refer[role])) return ALLOWED;
    return { allowed: false, message: `a page at ${host || '(none)'} may not embed this, says "refer"` };
  };
}
