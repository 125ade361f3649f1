import {
  type Access,
  type Answer,
  type CollectionName,
  comparable,
  type Cursor,
  type CursorKeys,
  cursorObstacle,
  decodeCursor,
  type DeviceId,
  digestsFor,
  EMPTY_DIGEST,
  granted,
  type Hash64,
  holdsWhole,
  HOLDS_NOTHING,
  type Opening,
  type OpenRequest,
  type PolicyRegistry,
  type Refusal,
  refused,
  rulesBook,
  sameDigest,
  type Scope,
  scopeHash,
  scopeProblems,
  type SpaceKey,
  spaceKey,
  spaceShapes,
  type SpaceState,
  startCursor,
  type Subscribe,
} from '@syncline/core';
import type { Clock, DeltaStore, DeviceStore, Directory, Identity, SpaceDevice } from '@syncline/ports';

export interface OpenSpaceDeps {
  readonly deltas: Pick<DeltaStore, 'collections'>;
  readonly devices: DeviceStore;
  readonly directory: Directory;
  readonly policies: PolicyRegistry;
  readonly keys: CursorKeys;
  readonly clock: Clock;
}

export interface SpaceCaller {
  readonly identity: Identity;
  readonly device: DeviceId;
  readonly skewMs: number;
}

/** Lets a device into a space: may it, what does it hold, and where does it read on. */
export function openSpace(deps: OpenSpaceDeps) {
  return async (caller: SpaceCaller, { subscribe, restart }: OpenRequest): Promise<Answer<Opening>> => {
    const key = spaceKey(caller.identity.tenant, subscribe.space);
    const access = await accessTo(deps.directory, caller.identity, key, subscribe);
    if (access === null) return refused('SPACE_NOT_FOUND');
    const declared = await deps.deltas.collections(key);
    if (declared === null) return refused('SPACE_NOT_FOUND');
    const { state, rules, rulesChanges } = declared;
    const violations = scopeProblems(subscribe.scope, rulesBook(rules, deps.policies));
    if (violations.length > 0) return refused('INVALID_SCOPE', { violations });
    const start = startOf(subscribe, key, state, access, deps.keys);
    if (!start.ok) return start;
    const { cursor, obstacle } = start.value;
    const digests = comparable(state.digests, spaceShapes(rules));
    const reset = restart ?? obstacle;
    const known = await enterDevice(deps, caller, key, subscribe, cursor);
    if (known !== null && known.user !== caller.identity.user) return refused('DEVICE_OF_OTHER_USER');
    return granted({
      access,
      epoch: state.epoch,
      head: state.head,
      digests,
      rulesChanges,
      cursor,
      reset,
      lastNumber: known?.lastNumber ?? 0,
      mismatched: mismatches(subscribe, access, { head: state.head, digests }, cursor),
    });
  };
}

export async function accessTo(
  directory: Pick<Directory, 'access'>,
  identity: Identity,
  key: SpaceKey,
  { space }: Pick<Subscribe, 'space'>,
): Promise<Access | null> {
  return identity.grants.get(space) ?? (await directory.access(key, identity.user));
}

interface Start {
  readonly cursor: Cursor;
  readonly obstacle: Refusal | null;
}

/** A cursor that cannot be continued means starting over; one that was never issued here is refused. */
export function startOf(
  { cursor: bytes, scope }: Subscribe,
  key: SpaceKey,
  state: SpaceState,
  access: Access,
  keys: CursorKeys,
): Answer<Start> {
  const hash: Hash64 = scopeHash(scope, access);
  const fresh = startCursor(state.epoch, state.head, hash);
  if (bytes === null) return granted({ cursor: fresh, obstacle: null });
  const cursor = decodeCursor(bytes, key, keys);
  if (cursor === null) return refused('INVALID_CURSOR');
  const obstacle = cursorObstacle(cursor, state, hash);
  return granted({ cursor: obstacle === null ? cursor : fresh, obstacle });
}

/**
 * From now on the device holds back the floor, unless it keeps no copy. One that starts over goes on holding it where it
 * was, until it acknowledges again: another session, which nobody may listen to any more, cannot move it away from under
 * a run of pages that goes on elsewhere.
 */
async function enterDevice(
  { devices, clock }: OpenSpaceDeps,
  { identity, device, skewMs }: SpaceCaller,
  key: SpaceKey,
  { mode }: Subscribe,
  cursor: Cursor,
): Promise<SpaceDevice | null> {
  const seen = { device, user: identity.user, nowMs: clock.nowMs(), skewMs };
  const keepsNothing = mode === 'upload-only';
  const holds = keepsNothing ? HOLDS_NOTHING : Math.max(cursor.position, cursor.asOf);
  const known = await devices.open(key, seen, holds);
  if (known === null || known.user !== identity.user) return known;
  const keptNothing = known.acknowledged === HOLDS_NOTHING;
  if (keepsNothing !== keptNothing) await devices.restart(key, seen, holds);
  return known;
}

/** Only a device that stands at the head can be compared; one that lags is told at its next checkpoint. */
function mismatches(
  { digests, scope }: { digests: Subscribe['digests']; scope: Scope },
  access: Access,
  state: Pick<Opening, 'head' | 'digests'>,
  cursor: Cursor,
): CollectionName[] {
  if (digests.size === 0 || cursor.checkpoint !== state.head) return [];
  const held = digestsFor(scope, access, state.digests);
  // What the device holds in part only, the server cannot vouch for.
  const names = [...new Set([...held.keys(), ...digests.keys()])].filter((name) =>
    holdsWhole(scope, access, name),
  );
  return names.filter(
    (name) => !sameDigest(digests.get(name) ?? EMPTY_DIGEST, held.get(name) ?? EMPTY_DIGEST),
  );
}
