import type { Head } from '@syncline/ports';
import { every } from '../every';
import type { GatewayDeps } from '../gateway-deps';
import { outage } from '../outage';
import type { Feeding } from '../session/device-session';
import type { Rights } from './rights';
import { isNews, note, type WatchedSpace, type WatchedSpaces } from './watched-spaces';

/** Finds what lost news left unsaid, about writes and about rights: one query for all spaces that anyone here follows. */
export function pollHeads(
  deps: GatewayDeps,
  { feed }: Feeding,
  spaces: WatchedSpaces,
  rights: Rights,
): () => void {
  const { store, metrics, timer, timing } = deps;
  const { or } = outage('heads', deps);

  const tell = (watching: WatchedSpace, { epoch, head: to }: Head): void => {
    const heardBefore = watching.epoch > 0;
    if (note(watching, epoch, to) && heardBefore) metrics.announcementMissed();
    const announcement = { epoch, from: 0, to, entries: null, clock: new Map(), digests: new Map() };
    // Also to sessions of a space that has not moved: each knows by itself whether it has come so far.
    // After what is being told already: ahead of it, every session would read what it is about to be sent.
    const news = { kind: 'announced', space: watching.space, announcement } as const;
    watching.tell([...watching.sessions], (session) => feed(session, news));
  };

  const moved = (watching: WatchedSpace, head: Head): void => {
    if (!isNews(watching, head.epoch, head.head)) return tell(watching, head);
    // Its announcement is most likely on the way: told now, every session would read what it is about to be sent.
    timer.after(timing.announcementMs, () => {
      if (spaces.find(watching.key) === watching) tell(watching, head);
    });
  };

  return every(timer, timing.headsMs, async () => {
    const watched = spaces.all();
    if (watched.length === 0) return;
    const heads = await or(store.heads(watched.map(({ key }) => key)), null);
    if (heads === null) return;
    for (const watching of watched) {
      const head = heads.get(watching.key);
      if (head === undefined) {
        rights.closeSpace(watching);
        continue;
      }
      moved(watching, head);
      if (watching.accessChanges === head.accessChanges) continue;
      if (await rights.lookUp(watching)) watching.accessChanges = head.accessChanges;
    }
  });
}
