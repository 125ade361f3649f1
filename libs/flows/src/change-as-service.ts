import {
  type Access,
  type Answer,
  type Change,
  granted,
  hlcTime,
  type Outcome,
  type PushResult,
  SERVICE_DEVICE,
  type SpaceKey,
  type UserId,
} from '@syncline/core';
import type { Clock } from '@syncline/ports';
import type { SpacePush } from './push-changes';

export interface ChangeAsServiceDeps {
  readonly push: (push: SpacePush) => Promise<PushResult>;
  readonly clock: Clock;
}

type WithoutNumber<Kind> = Kind extends Change ? Omit<Kind, 'number' | 'time' | 'after'> : never;
/** Its base version is that of the record as the person saw it, of a tombstone as well; 0 for no record. */
export type ServiceChange = WithoutNumber<Change>;

export interface ChangesByPerson {
  readonly user: UserId;
  readonly access: Access;
  readonly changes: readonly ServiceChange[];
}

/**
 * Changes by a person who decides or restores something and has no device. One whose record has moved on since the person
 * saw it is rejected with CHANGED_MEANWHILE, so that nothing comes of sending it again. All others are as those of a device.
 */
export function changeAsService({ push, clock }: ChangeAsServiceDeps) {
  return async (
    space: SpaceKey,
    { user, access, changes }: ChangesByPerson,
  ): Promise<Answer<readonly Outcome[]>> => {
    const time = hlcTime(clock.nowMs());
    const result = await push({
      space,
      push: {
        device: SERVICE_DEVICE,
        user,
        access,
        changes: changes.map((change, index) => ({ ...change, number: index + 1, after: 0, time })),
        byService: true,
      },
    });
    return result.kind === 'refused' ? { ok: false, refusal: result.refusal } : granted(result.outcomes);
  };
}
