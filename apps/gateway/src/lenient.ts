import type { Presence, RateLimits, SessionRegistry } from '@syncline/ports';
import type { GatewayDeps } from './gateway-deps';
import { outage } from './outage';

type Reporting = Pick<GatewayDeps, 'metrics' | 'log'>;

/** No session fails because the registry does: without it, nothing is counted and nothing taken up again. */
export function lenientSessions(registry: SessionRegistry, reporting: Reporting): SessionRegistry {
  const { or } = outage('sessions', reporting);
  return {
    save: (session, forMs) => or(registry.save(session, forMs), undefined),
    load: (id) => or(registry.load(id), null),
    forget: (id) => or(registry.forget(id), undefined),
    enter: (session, openMax, forMs) => or(registry.enter(session, openMax, forMs), { entered: true }),
    renew: (sessions, forMs) => or(registry.renew(sessions, forMs), undefined),
    leave: (session) => or(registry.leave(session), undefined),
  };
}

export function lenientPresence(presence: Presence, reporting: Reporting): Presence {
  const { or } = outage('presence', reporting);
  return {
    show: (space, present, forMs) => or(presence.show(space, present, forMs), undefined),
    leave: (space, device) => or(presence.leave(space, device), undefined),
    roster: (space) => or(presence.roster(space), []),
    listen: (space, listener) => presence.listen(space, listener),
  };
}

export function lenientRates(rates: RateLimits, reporting: Reporting): RateLimits {
  const { or } = outage('rates', reporting);
  return {
    take(wanted) {
      const remaining = wanted.map(({ burst }) => burst);
      return or(rates.take(wanted), { granted: true, retryAfterMs: 0, remaining, lacking: null });
    },
  };
}
