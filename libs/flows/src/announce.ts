import { announcementOf, type Limits, type MergePlan, type SpaceKey } from '@syncline/core';
import type { Announcements, DeltaStore, Unannounced, UpkeepStore } from '@syncline/ports';

export interface AnnounceDeps {
  readonly announcements: Announcements;
  readonly upkeep: Pick<UpkeepStore, 'markAnnounced'>;
  readonly limits: Limits;
}

/** Tells everyone what plans did, after their commit. What fails here is found and told again later. */
export function announcePlans({ announcements, upkeep, limits }: AnnounceDeps) {
  return async (plans: readonly MergePlan[], traces: readonly string[] = []): Promise<void> => {
    for (const plan of plans) {
      const announcement = announcementOf(plan, limits);
      if (announcement === null) continue;
      await announcements.publish(
        plan.before.space,
        traces.length === 0 ? announcement : { ...announcement, traces },
      );
      await upkeep.markAnnounced(new Map([[plan.before.space, plan.after.head]]));
    }
  };
}

export interface AnnounceMissedDeps {
  readonly announcements: Announcements;
  readonly upkeep: Pick<UpkeepStore, 'markAnnounced' | 'unannounced'>;
  readonly deltas: Pick<DeltaStore, 'state'>;
}

/**
 * Announces what a crash left unannounced: without entries, so whoever is behind reads them. What was committed just now
 * is being announced already, so a caller may choose among what was found.
 */
export function announceMissed({ announcements, upkeep, deltas }: AnnounceMissedDeps) {
  return async (
    spacesMax: number,
    isMissed: (found: Unannounced) => boolean = () => true,
  ): Promise<readonly SpaceKey[]> => {
    const missed = (await upkeep.unannounced(spacesMax)).filter(isMissed);
    for (const { space, announced, head } of missed) {
      const state = await deltas.state(space);
      if (state === null) continue;
      const { epoch, digests } = state;
      await announcements.publish(space, {
        epoch,
        from: announced,
        to: head,
        entries: null,
        clock: new Map(),
        digests,
      });
      await upkeep.markAnnounced(new Map([[space, head]]));
    }
    return missed.map(({ space }) => space);
  };
}
