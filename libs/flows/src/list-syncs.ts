import { type Answer, type DeviceId, granted, type SpaceId } from '@syncline/core';
import type { Identity, SyncEntry, SyncLog, SyncPlace } from '@syncline/ports';
import { partLimit } from './parts';
import { asReader } from './past-rights';
import type { SpaceRightsDeps } from './space-rights';

export type { SyncEntry, SyncPlace };

export interface ListSyncsCall {
  readonly space: SpaceId;
  readonly device: DeviceId | null;
  readonly fromMs: number | null;
  readonly toMs: number | null;
  /** Null for what the server thinks fit. */
  readonly resultsMax: number | null;
  readonly after: SyncPlace | null;
}

export interface ListedSyncs {
  /** The newest first. */
  readonly items: readonly SyncEntry[];
  /** Where the next part begins; null at the end. */
  readonly next: SyncPlace | null;
}

/** Owners see the syncs of a space, and all others those of their own devices. */
export function listSyncs(deps: SpaceRightsDeps & { readonly syncs: Pick<SyncLog, 'syncs'> }) {
  const reader = asReader(deps);
  return async (identity: Identity, call: ListSyncsCall): Promise<Answer<ListedSyncs>> => {
    const found = await reader(identity, call.space);
    if (!found.ok) return found;
    const { key, access } = found.value;
    const { device, fromMs, toMs, after } = call;
    const most = partLimit(call.resultsMax);
    const user = access.role === 'owner' ? null : identity.user;
    const entries = await deps.syncs.syncs({
      space: key,
      user,
      device,
      fromMs,
      toMs,
      after,
      limit: most + 1,
    });
    const items = entries.slice(0, most);
    return granted({ items, next: entries.length > most ? items[most - 1]! : null });
  };
}
