import type { SavedSession, SessionId } from '@syncline/core';
import type { Clock, SessionRegistry } from '@syncline/ports';
import { type Lapsing, lapsing } from './lapsing';

export function memorySessionRegistry({ clock }: { readonly clock: Clock }): SessionRegistry {
  const saved = lapsing<SessionId, SavedSession>(clock);
  const openByDevice = lapsing<string, Lapsing<SessionId, true>>(clock);

  return {
    save: async (session, forMs) => saved.set(session.id, session, forMs),
    load: async (id) => saved.get(id) ?? null,
    forget: async (id) => saved.delete(id),
    async enter(tenant, device, id, openMax, forMs) {
      const key = `${tenant}/${device}`;
      const open = openByDevice.get(key) ?? lapsing<SessionId, true>(clock);
      if (open.get(id) === undefined && open.size() >= openMax) return false;
      open.set(id, true, forMs);
      openByDevice.set(key, open, forMs);
      return true;
    },
    leave: async (tenant, device, id) => openByDevice.get(`${tenant}/${device}`)?.delete(id),
  };
}
