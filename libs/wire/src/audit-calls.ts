import type { SpaceId, Version } from '@syncline/core';
import type { AuditPart, ChainHeadCall, ExportAuditCall, SignedHead } from '@syncline/flows';
import {
  type AuditEntry,
  ChainHead,
  type ExportAuditRequest,
  type ExportAuditResponse,
  type GetChainHeadRequest,
  type GetChainHeadResponse,
  HistoryEntry,
} from '@syncline/proto';
import { auditedTold, versionFromProto, type VersionTold, versionToProto } from './history-entries';
import { pair, wholeOrNull } from './pair';
import { each, idIn, inside, partOf, type Place, whole, wrong } from './place';

export const chainHeadCall = pair<GetChainHeadRequest, ChainHeadCall>(
  ({ space, version }) => ({ space, version: version ?? 0 }),
  ({ space, version }, at) => ({
    space: idIn<SpaceId>(at, 'space', space),
    version: wholeOrNull(at, 'version', version),
  }),
);
export const chainHeadFound = pair<GetChainHeadResponse, SignedHead>(
  (head) => ({ head: headToProto(head) }),
  ({ head }, at) => headFromProto(partOf(at, 'head', head, ChainHead), inside(at, 'head')),
);

export const exportAuditCall = pair<ExportAuditRequest, ExportAuditCall>(
  ({ space, from, to, withoutContents }) => ({
    space,
    fromVersion: from,
    toVersion: to ?? 0,
    withoutContents,
  }),
  ({ space, fromVersion, toVersion, withoutContents }, at) => {
    if (toVersion !== 0 && toVersion < fromVersion)
      wrong(at, 'to_version', 'must not be before the first version');
    return {
      space: idIn<SpaceId>(at, 'space', space),
      from: whole(at, 'from_version', fromVersion),
      to: wholeOrNull(at, 'to_version', toVersion),
      withoutContents,
    };
  },
);

/** A link of the audit trail as it is told. */
export interface AuditedTold {
  readonly version: Version;
  readonly told: VersionTold;
  readonly contentSha256: Uint8Array;
  readonly link: Uint8Array;
  readonly hash: Uint8Array;
}

export interface AuditPartTold extends Omit<AuditPart, 'entries'> {
  readonly entries: readonly AuditedTold[];
}

export function auditPartTold({ entries, before, end }: AuditPart): AuditPartTold {
  return {
    entries: entries.map((entry) => ({
      version: entry.version.version,
      told: auditedTold(entry),
      contentSha256: entry.version.contentSha256,
      link: entry.link,
      hash: entry.hash,
    })),
    before,
    end,
  };
}

export const auditPart = pair<ExportAuditResponse, AuditPartTold>(
  ({ entries, before, end }) => ({
    entries: entries.map(auditedToProto),
    before: before === null ? undefined : headToProto(before),
    end: end === null ? undefined : headToProto(end),
  }),
  ({ entries, before, end }, at) => ({
    entries: each(at, 'entries', entries, auditedFromProto),
    before: before === undefined ? null : headFromProto(before, inside(at, 'before')),
    end: end === undefined ? null : headFromProto(end, inside(at, 'end')),
  }),
);

function auditedToProto({ version, told, contentSha256, link, hash }: AuditedTold): AuditEntry {
  return { version, entry: versionToProto(told, hash), contentSha256, link, chainHash: hash };
}

function auditedFromProto(proto: AuditEntry, at: Place): AuditedTold {
  return {
    version: whole(at, 'version', proto.version),
    told: versionFromProto(partOf(at, 'entry', proto.entry, HistoryEntry), inside(at, 'entry')),
    contentSha256: proto.contentSha256,
    link: proto.link,
    hash: proto.chainHash,
  };
}

function headToProto(head: SignedHead): ChainHead {
  const { version, hash: chainHash, signedAtMs, keyId, signature, epoch, publicKey } = head;
  return { version, chainHash, signedAtMs, keyId, signature, epoch, publicKey };
}

function headFromProto(proto: ChainHead, at: Place): SignedHead {
  return {
    version: whole(at, 'version', proto.version),
    hash: proto.chainHash,
    signedAtMs: whole(at, 'signed_at_ms', proto.signedAtMs),
    keyId: proto.keyId,
    signature: proto.signature,
    epoch: whole(at, 'epoch', proto.epoch),
    publicKey: proto.publicKey,
  };
}
