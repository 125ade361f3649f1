import { compareUtf8, type DeviceId, type SpaceKey, type SpaceState, type TenantId } from '@syncline/core';
import type { AccessChange, Clock, IntegrityKey, Pairing, RegisteredDevice, Tenant } from '@syncline/ports';
import type { SpaceArtifacts } from './artifact-store';
import { type KeyedLocks, keyedLocks } from './keyed-locks';
import { type Listeners, listeners } from './listeners';
import type { SpaceTable } from './space-table';

export interface Lease {
  readonly holder: string;
  readonly untilMs: number;
}

/** What the parts of the store share. */
export interface StoreTables {
  readonly spaces: Map<SpaceKey, SpaceTable>;
  /** Where spaces stood that were removed. */
  readonly removed: Map<SpaceKey, SpaceState>;
  /** Spaces with something to announce, the longest waiting first. */
  readonly unannounced: Set<SpaceKey>;
  readonly leases: Map<string, Lease>;
  readonly revoked: Set<string>;
  readonly tenants: Map<TenantId, Tenant>;
  readonly devices: Map<TenantId, Map<DeviceId, RegisteredDevice>>;
  readonly integrityKeys: Map<string, IntegrityKey>;
  readonly pairings: Map<string, Pairing>;
  readonly artifacts: Map<SpaceKey, SpaceArtifacts>;
  readonly accessChanges: Listeners<AccessChange>;
  readonly locks: KeyedLocks;
  readonly clock: Clock;
}

export function storeTables(clock: Clock): StoreTables {
  return {
    spaces: new Map(),
    removed: new Map(),
    unannounced: new Set(),
    leases: new Map(),
    revoked: new Set(),
    tenants: new Map(),
    devices: new Map(),
    integrityKeys: new Map(),
    pairings: new Map(),
    artifacts: new Map(),
    clock,
    accessChanges: listeners(),
    locks: keyedLocks(),
  };
}

/** For calls that are made only on spaces that were found to exist. */
export function existing(tables: StoreTables, space: SpaceKey): SpaceTable {
  const table = tables.spaces.get(space);
  if (table === undefined) throw new RangeError(`there is no space ${space}`);
  return table;
}

export function spacesAfter(tables: StoreTables, after: SpaceKey | null, limit: number): SpaceKey[] {
  const later = [...tables.spaces.keys()].filter((key) => after === null || compareUtf8(key, after) > 0);
  return later.sort(compareUtf8).slice(0, limit);
}
