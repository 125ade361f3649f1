import {
  type AuditedVersion,
  CHAIN_START,
  type ChainLink,
  type ChainPoint,
  HASH_BYTES,
  linkOf,
  sameBytes,
  type SpaceKey,
  type Version,
} from '@syncline/core';
import type { AuditStore, Sha256 } from '@syncline/ports';

export interface HashChainDeps {
  readonly audit: AuditStore;
  readonly sha256: Sha256;
  /** As the protocol has it: the bytes that are hashed. */
  readonly encodeLink: (link: ChainLink) => Uint8Array;
  /** What was chained has been changed since: told where that is found out. */
  readonly broken?: (space: SpaceKey, version: Version) => void;
}

/** A version, and the chain after it. */
export interface ChainedVersion {
  readonly version: AuditedVersion;
  readonly link: Uint8Array;
  readonly hash: Uint8Array;
}

/** Versions that are read at once, and about as many lie between two marks. */
const AT_ONCE = 256;

/** The hash chain of a space: it is not written with a commit, but extended afterwards. */
export function hashChain(deps: HashChainDeps) {
  const { audit } = deps;
  const linked = chained(deps);

  /** Up to the head as it is now. Null for no space. */
  const extend = async (space: SpaceKey): Promise<Extended | null> => {
    for (let links = 0; ;) {
      const state = await audit.chainState(space);
      if (state === null) return null;
      const from = state.end ?? CHAIN_START;
      if (from.version >= state.head) return { end: from, links };
      const part = linked(from, await audit.audited(space, from.version, state.head, AT_ONCE));
      const end = part[part.length - 1];
      // The versions of an epoch do not begin where those of the last one ended.
      if (end === undefined) return { end: from, links };
      const moved = await audit.extendChain(space, from.version, marksIn(from, part), pointOf(end));
      if (moved) links += part.length;
    }
  };

  /** Where the chain stands at the last version up to this one. Null for no space. */
  const at = async (space: SpaceKey, version: Version): Promise<ChainPoint | null> => {
    const extended = await extend(space);
    if (extended === null) return null;
    if (extended.end.version <= version) return extended.end;
    let point = (await audit.chainAt(space, version)) ?? CHAIN_START;
    for (;;) {
      const part = linked(point, await audit.audited(space, point.version, version, AT_ONCE));
      const last = part[part.length - 1];
      if (last !== undefined) point = pointOf(last);
      if (part.length < AT_ONCE) return point;
    }
  };

  /** What follows on a point of the chain, part by part. Where it does not fit what was chained, the latter is told. */
  async function* after(
    space: SpaceKey,
    point: ChainPoint,
    upTo: Version,
  ): AsyncGenerator<readonly ChainedVersion[], void, void> {
    for (let from = point; ;) {
      const part = linked(from, await audit.audited(space, from.version, upTo, AT_ONCE));
      const last = part[part.length - 1];
      if (last === undefined) return;
      const known = await audit.chainAt(space, last.version.version);
      const told = part.map((each) => {
        if (each.version.version !== known?.version || sameBytes(each.hash, known.hash)) return each;
        deps.broken?.(space, known.version);
        return { ...each, hash: known.hash };
      });
      yield told;
      from = pointOf(told[told.length - 1]!);
    }
  }

  return { extend, at, after };
}

export type HashChain = ReturnType<typeof hashChain>;

export interface Extended {
  readonly end: ChainPoint;
  /** How many were added. */
  readonly links: number;
}

function chained({ sha256, encodeLink }: HashChainDeps) {
  return (from: ChainPoint, versions: readonly AuditedVersion[]): ChainedVersion[] => {
    let before = from.hash;
    return versions.map((version) => {
      const link = encodeLink(linkOf(version));
      const bytes = new Uint8Array(HASH_BYTES + link.length);
      bytes.set(before);
      bytes.set(link, HASH_BYTES);
      before = sha256(bytes);
      return { version, link, hash: before };
    });
  };
}

const pointOf = ({ version: { version }, hash }: ChainedVersion): ChainPoint => ({ version, hash });

/** The last version of each block of versions stays known. */
function marksIn(from: ChainPoint, part: readonly ChainedVersion[]): ChainPoint[] {
  const points = [from, ...part.map(pointOf)];
  return points.filter(({ version }, index) => {
    const next = points[index + 1];
    return version > 0 && next !== undefined && blockOf(next.version) > blockOf(version);
  });
}

const blockOf = (version: Version): number => Math.floor(version / AT_ONCE);
