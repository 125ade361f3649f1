import type { SavedSession, SessionId } from '@syncline/core';
import type { Clock, CountedSession, OpenSessionsMax, SessionRegistry } from '@syncline/ports';
import { type Lapsing, lapsing } from './lapsing';

/** From the smallest room to the largest. */
const ROOMS = ['device', 'user', 'tenant'] as const satisfies readonly (keyof OpenSessionsMax)[];

export function memorySessionRegistry({ clock }: { readonly clock: Clock }): SessionRegistry {
  const saved = lapsing<SessionId, SavedSession>(clock);
  const rooms = lapsing<string, Lapsing<string, true>>(clock);

  const roomOf = (session: CountedSession, room: keyof OpenSessionsMax) => rooms.get(roomName(session, room));
  const count = (session: CountedSession, forMs: number): void => {
    for (const room of ROOMS) {
      const open = roomOf(session, room) ?? lapsing<string, true>(clock);
      open.set(seatOf(session), true, forMs);
      rooms.set(roomName(session, room), open, open.lastsMs());
    }
  };

  return {
    save: async (session, forMs) => saved.set(session.id, session, forMs),
    load: async (id) => saved.get(id) ?? null,
    forget: async (id) => saved.delete(id),
    async enter(session, openMax, forMs) {
      const counted = roomOf(session, 'device')?.get(seatOf(session)) !== undefined;
      const full = ROOMS.find((room) => (roomOf(session, room)?.size() ?? 0) >= openMax[room]);
      if (full !== undefined && !counted) return { entered: false, full };
      count(session, forMs);
      return { entered: true };
    },
    renew: async (sessions, forMs) => sessions.forEach((session) => count(session, forMs)),
    leave: async (session) => ROOMS.forEach((room) => roomOf(session, room)?.delete(seatOf(session))),
  };
}

function roomName({ tenant, user, device }: CountedSession, room: keyof OpenSessionsMax): string {
  const names: Record<keyof OpenSessionsMax, string> = {
    device: `device/${tenant}/${device}`,
    user: `user/${tenant}/${user}`,
    tenant: `tenant/${tenant}`,
  };
  return names[room];
}

/** No id holds a NUL. */
const seatOf = ({ device, id }: CountedSession): string => `${device}\u0000${id}`;
