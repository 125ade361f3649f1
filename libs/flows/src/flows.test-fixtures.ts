import {
  type Access,
  CORE_POLICIES,
  type CursorKeys,
  DEFAULT_LIMITS,
  type DeviceId,
  deviceId,
  encodeUtf8,
  type Limits,
  type Opening,
  policyRegistry,
  type Push,
  type PushResult,
  type Reader,
  type SpaceId,
  type SpaceKey,
  spaceKey,
  type Subscribe,
  type TenantId,
  type UserId,
  WHOLE_SPACE,
} from '@syncline/core';
import { sha256 } from '@syncline/memory';
import type {
  Announcements,
  AuditStore,
  Clock,
  DeltaStore,
  DeviceStore,
  Directory,
  Identity,
  MergeStore,
  UpkeepStore,
} from '@syncline/ports';
import { announcePlans } from './announce';
import { hashChain, type HashChainDeps } from './hash-chain';
import { openSpace, type SpaceCaller } from './open-space';
import { pushChanges } from './push-changes';
import { readDelta } from './read-delta';

export const TENANT = 'acme' as TenantId;
export const HOME = 'home' as SpaceId;
export const HOME_KEY = spaceKey(TENANT, HOME);
export const ANN = 'ann' as UserId;
export const REGISTRY = policyRegistry(Object.values(CORE_POLICIES));
export const OWNER_OF_ALL: Access = { role: 'owner', collections: new Map() };

export interface WorldDeps {
  readonly store: MergeStore & DeltaStore & DeviceStore & UpkeepStore & Directory;
  readonly announcements: Announcements;
  readonly clock: Clock;
  readonly keys: CursorKeys;
}

export const identityOf = (user: UserId, grants: Identity['grants'] = new Map()): Identity => ({
  tenant: TENANT,
  user,
  expiresAtMs: Number.MAX_SAFE_INTEGER,
  grants,
});

export const callerOf = (device: string, identity: Identity = identityOf(ANN)): SpaceCaller => ({
  identity,
  device: deviceId(device),
  skewMs: 0,
});

export const subscribeTo = (given: Partial<Subscribe> = {}): Subscribe => ({
  kind: 'subscribe',
  space: HOME,
  scope: WHOLE_SPACE,
  cursor: null,
  mode: 'bidirectional',
  digests: new Map(),
  pending: [],
  tag: 0,
  ...given,
});

export const readerOf = (device: DeviceId, access: Access = OWNER_OF_ALL): Reader => ({
  device,
  scope: WHOLE_SPACE,
  access,
  takesPatches: true,
  takesOperations: false,
  takesOwn: true,
  mayHoldMore: false,
});

/** The flows over one set of adapters, with one space that ann owns. */
export async function flowWorld(deps: WorldDeps, limits: Partial<Limits> = {}) {
  const all = { ...DEFAULT_LIMITS, ...limits };
  const { store, announcements, clock, keys } = deps;
  await store.createSpace(HOME_KEY, null);
  await store.setAccess(HOME_KEY, ANN, OWNER_OF_ALL);
  const push = pushChanges({ store, clock, policies: REGISTRY, limits: all });
  const open = openSpace({
    deltas: store,
    devices: store,
    directory: store,
    policies: REGISTRY,
    keys,
    clock,
  });
  return {
    limits: all,
    push,
    open,
    read: readDelta({ deltas: store, limits: all }),
    announce: announcePlans({ announcements, upkeep: store, limits: all }),
    /** One push into the space, and what became of it. */
    pushOne: async (one: Push, space: SpaceKey = HOME_KEY): Promise<PushResult> =>
      (await push([{ space, push: one }])).results[0]!,
    opened: async (device: string, given: Partial<Subscribe> = {}): Promise<Opening> => {
      const answer = await open(callerOf(device), { subscribe: subscribeTo(given), restart: null });
      if (!answer.ok) throw new Error(`refused: ${answer.refusal.reason}`);
      return answer.value;
    },
  };
}

/** A hash chain whose links are JSON. */
export function chainOf(audit: AuditStore, given: Partial<HashChainDeps> = {}) {
  const encodeLink: HashChainDeps['encodeLink'] = (link) => encodeUtf8(JSON.stringify(link));
  return hashChain({ audit, sha256, encodeLink, ...given });
}
