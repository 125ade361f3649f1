import {
  type Access,
  type Answer,
  type ChainHead,
  chainHeadMessage,
  type ChainPoint,
  granted,
  type HistoryEntry,
  type Limits,
  mayRead,
  refused,
  type SpaceId,
  type SpaceKey,
  type Version,
} from '@syncline/core';
import type { ChainSigner, Clock, Identity, PastStore } from '@syncline/ports';
import type { ChainedVersion, HashChain } from './hash-chain';
import { notYet } from './past-moment';
import { asItsOwner, type PastAccess } from './past-rights';
import { groupsOf } from './read-space-at';
import type { SpaceRightsDeps } from './space-rights';

export interface AuditTrailDeps extends SpaceRightsDeps {
  readonly chain: HashChain;
  readonly audit: {
    chainState(space: SpaceKey): Promise<{ readonly epoch: number; readonly head: Version } | null>;
  };
  readonly past: Pick<PastStore, 'entriesAt'>;
  /** Null where the installation has no key. */
  readonly signer: ChainSigner | null;
  readonly clock: Clock;
  readonly limits: Pick<Limits, 'pageBytesMax'>;
}

export interface ChainHeadCall {
  readonly space: SpaceId;
  /** Null for the newest. */
  readonly version: Version | null;
}

export interface ExportAuditCall {
  readonly space: SpaceId;
  readonly from: Version;
  /** Null for the head. */
  readonly to: Version | null;
  readonly withoutContents: boolean;
}

export interface SignedHead extends ChainHead {
  readonly keyId: string;
  readonly publicKey: Uint8Array;
  readonly signature: Uint8Array;
}

/** A version as it is exported; without an entry, nothing is told of its contents. */
export interface AuditedEntry extends ChainedVersion {
  readonly entry: HistoryEntry | null;
}

export interface AuditPart {
  readonly entries: readonly AuditedEntry[];
  /** With the first part: the chain right before it. */
  readonly before: SignedHead | null;
  /** With the last part: the chain at its end. */
  readonly end: SignedHead | null;
}

/** The audit trail, for those whom the space as a whole concerns. */
export function auditTrail(deps: AuditTrailDeps) {
  const owner = asItsOwner(deps);

  const begin = async (identity: Identity, space: SpaceId, to: Version | null): Promise<Answer<Begun>> => {
    const found = await owner(identity, space);
    if (!found.ok) return found;
    const { signer } = deps;
    if (signer === null) return refused('KEY_NOT_FOUND', { message: NO_KEY });
    const state = await deps.audit.chainState(found.value.key);
    if (state === null) return refused('SPACE_NOT_FOUND');
    if (to !== null && to > state.head) return notYet(to, state);
    return granted({ ...found.value, signer, epoch: state.epoch, upTo: to ?? state.head });
  };

  const head = async (identity: Identity, call: ChainHeadCall): Promise<Answer<SignedHead>> => {
    const begun = await begin(identity, call.space, call.version);
    if (!begun.ok) return begun;
    const point = await deps.chain.at(begun.value.key, begun.value.upTo);
    return point === null ? refused('SPACE_NOT_FOUND') : granted(signed(deps, begun.value, point));
  };

  async function* exported(
    identity: Identity,
    call: ExportAuditCall,
  ): AsyncGenerator<Answer<AuditPart>, void, void> {
    const begun = await begin(identity, call.space, call.to);
    if (!begun.ok) return yield begun;
    const { key, access, upTo } = begun.value;
    const before = await deps.chain.at(key, Math.min(Math.max(call.from, 1) - 1, upTo));
    if (before === null) return yield refused('SPACE_NOT_FOUND');
    // Everything up to there is chained, so that what is told of it fits what is signed.
    if ((await deps.chain.at(key, upTo)) === null) return yield refused('SPACE_NOT_FOUND');
    yield granted({ entries: [], before: signed(deps, begun.value, before), end: null });
    let end = before;
    for await (const versions of deps.chain.after(key, before, upTo)) {
      for (const group of groupsOf(versions.map(sized), deps.limits.pageBytesMax)) {
        const entries = group.map(({ version }) => version);
        const contents = call.withoutContents ? null : await readable(deps, key, access, entries);
        yield granted({
          entries: entries.map((each) => ({ ...each, entry: contents?.get(each.version.version) ?? null })),
          before: null,
          end: null,
        });
      }
      const last = versions[versions.length - 1]!;
      end = { version: last.version.version, hash: last.hash };
    }
    yield granted({ entries: [], before: null, end: signed(deps, begun.value, end) });
  }

  return { head, exported };
}

const NO_KEY =
  'This installation has no key to sign with, so that nobody could check the chain. Whoever runs it sets AUDIT_KEY.';

interface Begun extends PastAccess {
  readonly signer: ChainSigner;
  readonly epoch: number;
  readonly upTo: Version;
}

function signed(
  { clock }: AuditTrailDeps,
  { key, signer, epoch }: Begun,
  { version, hash }: ChainPoint,
): SignedHead {
  const head: ChainHead = { version, hash, epoch, signedAtMs: clock.nowMs() };
  const { keyId, publicKey } = signer;
  return { ...head, keyId, publicKey, signature: signer.sign(chainHeadMessage(key, head)) };
}

/** Whoever may not read a record is told of its versions, as the chain would not hold without them, and not what they held. */
async function readable(
  { past }: AuditTrailDeps,
  space: SpaceKey,
  access: Access,
  versions: readonly ChainedVersion[],
): Promise<ReadonlyMap<Version, HistoryEntry>> {
  const wanted = versions.filter(({ version: { collection, id } }) => mayRead(access, collection, id));
  const found = await past.entriesAt(
    space,
    wanted.map(({ version }) => version.version),
  );
  return new Map((found?.entries ?? []).map((entry) => [entry.version, entry]));
}

const sized = (version: ChainedVersion) => ({
  version,
  bytes: version.version.keptBytes + version.link.length,
});
