import { type Answer, granted, nameHash, type Refusal, type SpaceId, spaceKey } from '@syncline/core';
import {
  auditTrail,
  changeAsService,
  hashChain,
  listSyncs,
  ratedService,
  readPast,
  readSpaceAt,
  restoreRecord,
  restoreSpace,
} from '@syncline/flows';
import { sha256 } from '@syncline/memory';
import type { Identity } from '@syncline/ports';
import * as proto from '@syncline/proto';
import * as wire from '@syncline/wire';
import { form, knownCalls } from '../admin/known-call';
import type { GatewayDeps } from '../gateway-deps';
import { knownStreams, type Parts, type StreamMethods } from '../streams/stream-methods';
import { serviceMethods, type UnaryMethods } from '../unary/methods';

const SERVICE = 'syncline.v1.HistoryService';

/** The calls of HistoryService that are answered at once. */
export function historyMethods(deps: GatewayDeps): UnaryMethods {
  const known = knownCalls(deps);
  const { versions, recordAt, restore, restoreAll, audit } = historyActs(deps);
  return new Map(
    serviceMethods(SERVICE, {
      ListRecordVersions: known(
        form(proto.ListRecordVersionsRequest, wire.listVersionsCall),
        form(proto.ListRecordVersionsResponse, wire.versionsListed),
        versions,
      ),
      GetRecordAt: known(
        form(proto.GetRecordAtRequest, wire.recordAtCall),
        form(proto.GetRecordAtResponse, wire.recordAtFound),
        recordAt,
      ),
      RestoreRecord: known(
        form(proto.RestoreRecordRequest, wire.restoreRecordCall),
        form(proto.RestoreRecordResponse, wire.recordRestored),
        restore,
      ),
      RestoreSpace: known(
        form(proto.RestoreSpaceRequest, wire.restoreSpaceCall),
        form(proto.RestoreSpaceResponse, wire.spaceRestored),
        restoreAll,
      ),
      GetChainHead: known(
        form(proto.GetChainHeadRequest, wire.chainHeadCall),
        form(proto.GetChainHeadResponse, wire.chainHeadFound),
        audit.head,
      ),
      ListSyncEntries: known(
        form(proto.ListSyncEntriesRequest, wire.listSyncsCall),
        form(proto.ListSyncEntriesResponse, wire.syncsListed),
        listSyncs({ directory: deps.store, deltas: deps.store, syncs: deps.store }),
      ),
    }),
  );
}

/** Those that are answered in parts. */
export function historyStreams(deps: GatewayDeps): StreamMethods {
  const known = knownStreams(deps);
  const { spaceAt, audit } = historyActs(deps);
  return new Map([
    [
      `${SERVICE}/ReadSpaceAt`,
      known(
        form(proto.ReadSpaceAtRequest, wire.spaceAtCall),
        form(proto.ReadSpaceAtResponse, wire.spacePart),
        (identity, call) =>
          told(spaceAt(identity, call), ({ records, version }) => ({
            records: records.map(wire.imageOfEntry),
            version,
          })),
      ),
    ],
    [
      `${SERVICE}/ExportAudit`,
      known(
        form(proto.ExportAuditRequest, wire.exportAuditCall),
        form(proto.ExportAuditResponse, wire.auditPart),
        (identity, call) => told(audit.exported(identity, call), wire.auditPartTold),
      ),
    ],
  ]);
}

function historyActs(deps: GatewayDeps) {
  const { store, backends, log } = deps;
  const stores = { directory: store, deltas: store, history: store, past: store, audit: store };
  const rated = ratedService({ ...deps, push: backends.push });
  const chain = hashChain({
    audit: store,
    sha256,
    encodeLink: wire.chainLinkToBytes,
    broken: (space, version) =>
      log.error('history is not what was chained', { space: nameHash(space), version }),
  });
  const past = readPast({ ...deps, ...stores });
  const record = restoreRecord({ ...deps, ...stores, change: changeAsService({ ...deps, push: rated }) });
  // It goes on batch by batch, at the pace of its commits.
  const space = restoreSpace({
    ...deps,
    ...stores,
    change: changeAsService({ ...deps, push: backends.push }),
  });
  return {
    versions: async (
      identity: Identity,
      call: wire.ListVersionsMessage,
    ): Promise<Answer<wire.VersionsTold>> => {
      const listed = await past.versions(identity, call);
      if (!listed.ok) return listed;
      const { items, next } = listed.value;
      return granted({ items: items.map((item) => wire.versionTold(item, !call.withoutContents)), next });
    },
    recordAt: async (
      identity: Identity,
      call: Parameters<typeof past.recordAt>[1],
    ): Promise<Answer<wire.RecordAtTold>> => {
      const found = await past.recordAt(identity, call);
      if (!found.ok) return found;
      const { record: entry, version } = found.value;
      return granted({ record: entry && wire.imageOfEntry(entry), version });
    },
    restore: async (
      identity: Identity,
      call: Parameters<typeof record>[1],
    ): Promise<Answer<wire.PastImage | null>> => {
      const restored = await record(identity, call);
      return restored.ok ? granted(restored.value && wire.imageOfEntry(restored.value)) : restored;
    },
    restoreAll: async (identity: Identity, call: Parameters<typeof space>[1]) => {
      const restored = await space(identity, call);
      if (!call.dryRun) log.info('a space was restored', restoredFacts(identity, call.space, restored));
      return restored;
    },
    spaceAt: readSpaceAt({ ...deps, ...stores }),
    audit: auditTrail({ ...deps, ...stores, chain, signer: deps.chainSigner }),
  };
}

function restoredFacts({ tenant, user: by }: Identity, space: SpaceId, restored: Answer<object>) {
  const named = { by, tenant, space: nameHash(spaceKey(tenant, space)) };
  return restored.ok ? { ...named, ...restored.value } : { ...named, ...endedWith(restored.refusal) };
}

const endedWith = ({ reason, facts }: Refusal) => ({ reason, ...facts });

async function* told<Part, Told>(parts: Parts<Part>, tell: (part: Part) => Told): Parts<Told> {
  for await (const part of parts) yield part.ok ? granted(tell(part.value)) : part;
}
