import { dryRunPolicy, manageCollections } from '@syncline/flows';
import * as proto from '@syncline/proto';
import * as wire from '@syncline/wire';
import type { UnaryMethod } from '../unary/methods';
import type { AdminDeps } from './admin-deps';
import { form, type KnownCall } from './known-call';

/** What owners decide about the rules of collections, and members may read. */
export function collectionMethods(deps: AdminDeps, known: KnownCall): Record<string, UnaryMethod> {
  const { store } = deps;
  const collections = manageCollections({ ...deps, declarations: store, directory: store, deltas: store });
  return {
    PutCollection: known(
      form(proto.PutCollectionRequest, wire.putCollectionCall),
      form(proto.PutCollectionResponse, wire.collectionPut),
      collections.put,
    ),
    GetCollection: known(
      form(proto.GetCollectionRequest, wire.getCollectionCall),
      form(proto.GetCollectionResponse, wire.collectionFound),
      collections.find,
    ),
    ListCollections: known(
      form(proto.ListCollectionsRequest, wire.listCollectionsCall),
      form(proto.ListCollectionsResponse, wire.collectionsListed),
      collections.list,
    ),
    RemoveCollection: known(
      form(proto.RemoveCollectionRequest, wire.removeCollectionCall),
      form(proto.RemoveCollectionResponse, wire.collectionRemoved),
      collections.takeBack,
    ),
    DryRunPolicy: known(
      form(proto.DryRunPolicyRequest, wire.dryRunPolicyCall),
      form(proto.DryRunPolicyResponse, wire.policyDryRun),
      dryRunPolicy({ ...deps, deltas: store, directory: store, conflicts: store, devices: store }),
    ),
  };
}
