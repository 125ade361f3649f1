import {
  type Answer,
  type Checkpoint,
  type CheckpointMessage,
  checkpointCursor,
  type Cursor,
  cutDelta,
  type Delta,
  deltaBytes,
  digestsFor,
  type ToldDigests,
  encodeCursor,
  granted,
  type KnownCollection,
  knownCollections,
  type Limits,
  type Opening,
  type PageMessage,
  type Reader,
  type Refusal,
  type SchemaVersions,
  type Scope,
  type SpaceId,
  spaceKey,
  type SpaceKey,
  startsOver,
  type Subscribe,
} from '@syncline/core';
import { acknowledge } from './acknowledge';
import { openSpace, type OpenSpaceDeps, type SpaceCaller } from './open-space';

export interface PullSpaceDeps extends OpenSpaceDeps {
  readonly limits: Limits;
  read(space: SpaceKey, reader: Reader, cursor: Cursor): Promise<Answer<Delta>>;
}

export interface PullRequest {
  readonly space: SpaceId;
  readonly scope: Scope;
  /** Null to begin. */
  readonly cursor: Uint8Array | null;
  /** Of the last checkpoint that the device has stored; null for none. */
  readonly acknowledged: Uint8Array | null;
  /** Null for as much as fits a message well. */
  readonly bytesMax: number | null;
  readonly digests: ToldDigests;
  readonly takesPatches: boolean;
  readonly takesOperations: boolean;
  readonly takesOwn: boolean;
  /** What the device reads; left out for the newest of all collections. */
  readonly schemaVersions?: SchemaVersions | undefined;
  /** Nobody waits for the answer any more. */
  readonly isGone: () => boolean;
}

export interface PulledSpace {
  readonly opening: Opening;
  readonly pages: readonly PageMessage[];
  /** Null while there is more to pull. */
  readonly checkpoint: CheckpointMessage | null;
  /** The declared ones, where the answer brings anything new. */
  readonly collections: readonly KnownCollection[];
}

/** Everything that a session would send of one space, up to a size, for a device that comes and goes. */
export function pullSpace(deps: PullSpaceDeps) {
  const open = openSpace(deps);
  const note = acknowledge(deps);

  const pullFrom = async (
    caller: SpaceCaller,
    request: PullRequest,
    restart: Refusal | null,
  ): Promise<Answer<PulledSpace>> => {
    const key = spaceKey(caller.identity.tenant, request.space);
    const opened = await open(caller, { subscribe: subscribeOf(request, restart), restart });
    if (!opened.ok) return opened;
    const { value: opening } = opened;
    const { acknowledged } = request;
    if (acknowledged !== null && restart === null) {
      const seen = seenNow(caller, deps);
      const noted = await note(key, seen, acknowledged);
      if (!noted.ok) return noted;
    }
    const run = await readRun(deps, caller, key, opening, request);
    if (!run.ok)
      return startsOver(run.refusal.reason) && restart === null
        ? pullFrom(caller, request, run.refusal)
        : run;
    const isNew = request.cursor === null || opening.reset !== null || run.value.pages.length > 0;
    const declared = isNew ? await deps.deltas.collections(key) : null;
    const collections = declared === null ? [] : knownCollections(opening.access, declared.rules);
    return granted({ opening, ...run.value, collections });
  };

  return (caller: SpaceCaller, request: PullRequest): Promise<Answer<PulledSpace>> =>
    pullFrom(caller, request, null);
}

function subscribeOf({ space, scope, cursor, digests }: PullRequest, restart: Refusal | null): Subscribe {
  return {
    kind: 'subscribe',
    space,
    scope,
    cursor: restart === null ? cursor : null,
    mode: 'bidirectional',
    digests: restart === null ? digests : new Map(),
    pending: [],
    tag: 0,
  };
}

function seenNow({ identity, device, skewMs }: SpaceCaller, { clock }: PullSpaceDeps) {
  return { device, user: identity.user, nowMs: clock.nowMs(), skewMs };
}

/** Of the delta service, for one answer: where a scope leaves out most, bytes alone would not end it. */
const READS_MAX = 16;

type Run = Pick<PulledSpace, 'pages' | 'checkpoint'>;

/** Pages until the checkpoint, or until the answer is full. */
async function readRun(
  deps: PullSpaceDeps,
  { device }: SpaceCaller,
  key: SpaceKey,
  opening: Opening,
  request: PullRequest,
): Promise<Answer<Run>> {
  const { keys, limits } = deps;
  const { space, scope, takesPatches, takesOperations, takesOwn, schemaVersions } = request;
  const { access } = opening;
  const takes = { takesPatches, takesOperations, takesOwn };
  const versions = schemaVersions && { schemaVersions };
  const knownRules = opening.rulesChanges;
  const reader: Reader = { device, scope, access, ...takes, ...versions, knownRules, mayHoldMore: false };
  const bytesMax = Math.min(request.bytesMax ?? Infinity, limits.messageBytesMax / 2);
  const pages: PageMessage[] = [];
  const page = (entries: PageMessage['entries'], at: Cursor): void =>
    void pages.push({ kind: 'page', space, entries, cursor: encodeCursor(at, key, keys) });
  let delta = standingDelta(opening, request);
  let { cursor } = opening;
  let bytes = 0;
  for (let reads = 0; reads < READS_MAX && bytes < bytesMax && !request.isGone(); reads++) {
    if (delta?.checkpoint != null) break;
    const found = await deps.read(key, reader, cursor);
    // What was read before is of use all the same; the device meets the refusal when it goes on.
    if (!found.ok && reads > 0) break;
    if (!found.ok) return found;
    delta = cutDelta(found.value, cursor, bytesMax - bytes);
    bytes += deltaBytes(delta);
    cursor = delta.page.cursor;
    if (delta.page.entries.length > 0) page(delta.page.entries, cursor);
  }
  const reached = delta?.checkpoint ?? null;
  // A narrow scope may pass over many records: the device goes on behind them all the same.
  if (reached === null && delta?.page.entries.length === 0) page([], cursor);
  return granted({
    pages,
    checkpoint: reached && checkpointOf(reached, space, encodeCursor(reached.cursor, key, keys)),
  });
}

function checkpointOf(
  { version, clock, digests }: Checkpoint,
  space: SpaceId,
  cursor: Uint8Array,
): CheckpointMessage {
  return { kind: 'checkpoint', space, version, clock, digests, cursor };
}

/** Nothing has moved since the device's checkpoint, so it is told so without a read. */
function standingDelta(
  { access, cursor, digests, epoch, head, reset }: Opening,
  { scope }: PullRequest,
): Delta | null {
  if (reset !== null || head === 0 || cursor.checkpoint !== head) return null;
  const reached = checkpointCursor(epoch, head, cursor.scope);
  return {
    page: { entries: [], cursor: reached },
    checkpoint: {
      version: head,
      clock: new Map(),
      digests: digestsFor(scope, access, digests),
      cursor: reached,
    },
  };
}
