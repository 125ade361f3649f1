import type { Access, SpaceKey, UserId } from '@syncline/core';
import type { Identity } from '@syncline/ports';
import type { GatewayDeps } from '../gateway-deps';
import { outage } from '../outage';
import { type DeviceSession, type Feeding, keyOf } from '../session/device-session';
import type { WatchedSpace, WatchedSpaces } from './watched-spaces';

/** Brings changes of what users may do in a space to the sessions that they concern. */
export interface Rights {
  /** Looks up anew what the users of a space may do there; false when that was not possible. */
  lookUp(watching: WatchedSpace): Promise<boolean>;
  /** The space is gone. */
  closeSpace(watching: WatchedSpace): void;
  /** The session has a fresh token, whose grants may be others. */
  refreshed(session: DeviceSession, before: Identity): Promise<void>;
  close(): void;
}

export function followRights(deps: GatewayDeps, { feed }: Feeding, spaces: WatchedSpaces): Rights {
  const { store } = deps;
  const { or } = outage('access', deps);

  const tell = (watching: WatchedSpace, user: UserId, access: Access | null): void => {
    for (const session of concernedBy(watching))
      if (session.identity!.user === user) feed(session, { kind: 'access', space: watching.space, access });
  };

  const closeSpace = ({ sessions, space }: WatchedSpace): void => {
    for (const session of [...sessions]) feed(session, { kind: 'access', space, access: null });
  };

  const accessOf = (key: SpaceKey, user: UserId): Promise<{ access: Access | null } | null> =>
    or(
      store.access(key, user).then((access) => ({ access })),
      null,
    );

  const stopListening = store.onAccessChange((change) => {
    if (change.kind !== 'access' && change.kind !== 'removed') return;
    const watching = spaces.find(change.space);
    if (watching === undefined) return;
    if (change.kind === 'access') tell(watching, change.user, change.access);
    else closeSpace(watching);
  });

  return {
    closeSpace,
    async lookUp(watching) {
      const users = new Set(concernedBy(watching).map(({ identity }) => identity!.user));
      for (const user of users) {
        const found = await accessOf(watching.key, user);
        if (found === null) return false;
        tell(watching, user, found.access);
      }
      return true;
    },
    async refreshed(session, before) {
      for (const space of [...session.state.subscriptions.keys()]) {
        const granted = session.identity!.grants.get(space);
        if (granted === undefined && !before.grants.has(space)) continue;
        const found =
          granted === undefined ? await accessOf(keyOf(session, space), before.user) : { access: granted };
        // Where it cannot be found out now: what only the earlier token granted is not to be had any more.
        feed(session, { kind: 'access', space, access: found?.access ?? null });
      }
    },
    close: () => stopListening(),
  };
}

/** What a token grants goes before the members table, so news of the table does not concern its session. */
function concernedBy({ sessions, space }: WatchedSpace): DeviceSession[] {
  return [...sessions].filter(({ identity }) => identity !== null && !identity.grants.has(space));
}
