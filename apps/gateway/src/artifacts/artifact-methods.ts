import { type Answer, crc32c, granted, sameBytes, type SpaceId, type SpaceKey } from '@syncline/core';
import {
  admitArtifactBytes,
  artifactRights,
  type ArtifactRight,
  artifactStanding,
  listArtifacts,
  readArtifact,
  uploadArtifact,
} from '@syncline/flows';
import type { ArtifactState, Identity } from '@syncline/ports';
import * as proto from '@syncline/proto';
import * as wire from '@syncline/wire';
import { form, knownCalls } from '../admin/known-call';
import type { GatewayDeps } from '../gateway-deps';
import { serviceMethods, type UnaryMethods } from '../unary/methods';

/** The calls of ArtifactService that need no stream. */
export function artifactMethods(deps: GatewayDeps): UnaryMethods {
  const known = knownCalls(deps);
  const { putChunk, getChunk, status, verify, list, release } = artifactActs(deps);
  return new Map(
    serviceMethods('syncline.v1.ArtifactService', {
      PutChunk: known(
        form(proto.PutChunkRequest, wire.putChunkCall),
        form(proto.PutChunkResponse, wire.chunkPut),
        putChunk,
      ),
      GetChunk: known(
        form(proto.GetChunkRequest, wire.getChunkCall),
        form(proto.GetChunkResponse, wire.chunkGot),
        getChunk,
      ),
      GetArtifactStatus: known(
        form(proto.GetArtifactStatusRequest, wire.artifactStatusCall),
        form(proto.GetArtifactStatusResponse, wire.artifactStatusFound),
        status,
      ),
      VerifyArtifact: known(
        form(proto.VerifyArtifactRequest, wire.verifyArtifactCall),
        form(proto.VerifyArtifactResponse, wire.artifactVerified),
        verify,
      ),
      ListArtifacts: known(
        form(proto.ListArtifactsRequest, wire.listArtifactsCall),
        form(proto.ListArtifactsResponse, wire.artifactsListed),
        list,
      ),
      ReleaseArtifact: known(
        form(proto.ReleaseArtifactRequest, wire.releaseArtifactCall),
        form(proto.ReleaseArtifactResponse, wire.artifactReleased),
        release,
      ),
    }),
  );
}

interface InSpace {
  readonly space: SpaceId;
}

type Act<Call, Told> = (key: SpaceKey, call: Call, identity: Identity) => Promise<Answer<Told>>;

function artifactActs(deps: GatewayDeps) {
  const { store, limits, metrics } = deps;
  const { artifacts } = store;
  const rights = artifactRights({ directory: store, deltas: store });
  const bytesAllowed = admitArtifactBytes(deps);
  const upload = uploadArtifact({ ...deps, artifacts, tenants: store });
  const reading = readArtifact({ artifacts });
  const parts = listArtifacts({ artifacts });
  const standing = (state: ArtifactState) => artifactStanding(state, limits);

  const within =
    <Call extends InSpace, Told>(to: ArtifactRight, act: Act<Call, Told>) =>
    async (identity: Identity, call: Call): Promise<Answer<Told>> => {
      const key = await rights(identity, call.space, to);
      return key.ok ? act(key.value, call, identity) : key;
    };
  const admit = ({ tenant, user, device }: Identity, bytes: number) =>
    bytesAllowed({ tenant, user, device: device ?? null }, bytes);

  return {
    putChunk: within('write', async (key, { info, chunk }: wire.PutChunkCall, identity) => {
      const admitted = await admit(identity, chunk.content.length);
      if (!admitted.ok) return admitted;
      const begun = await upload.begin(key, info);
      if (!begun.ok) return begun;
      const put = await upload.put(key, info, chunk);
      if (!put.ok) return put;
      metrics.artifactBytes('in', chunk.content.length);
      return granted(standing(put.value));
    }),
    getChunk: within('read', async (key, call: wire.NamedArtifact & { index: number }, identity) => {
      const { hash, index } = call;
      const read = await reading.chunk(key, hash, index);
      if (!read.ok) return read;
      const content = read.value;
      const admitted = await admit(identity, content.length);
      if (!admitted.ok) return admitted;
      metrics.artifactBytes('out', content.length);
      return granted({ index, content, crc32c: crc32c(content) });
    }),
    status: within('read', async (key, { hashes }: wire.ArtifactStatusCall) =>
      granted((await artifacts.states(key, hashes)).map(standing)),
    ),
    verify: within('read', async (key, { hash }: wire.NamedArtifact, identity) => {
      const whole = await reading.whole(key, hash);
      if (!whole.ok) return whole;
      const admitted = await admit(identity, whole.value.sizeBytes);
      if (!admitted.ok) return admitted;
      const verified = await reading.verify(key, hash);
      if (!verified.ok) return verified;
      const { actual, state } = verified.value;
      return granted({ verified: sameBytes(actual, hash), actual, standing: standing(state) });
    }),
    // No record can refer to an artifact yet, so all of them are unreferenced.
    list: within('read', async (key, call: wire.ListArtifactsCall) => {
      const { items, next } = await parts(key, call);
      return granted({ items: items.map(standing), next });
    }),
    release: within('write', async (key, { hash }: wire.NamedArtifact) =>
      granted({ removed: await artifacts.remove(key, hash) }),
    ),
  };
}
