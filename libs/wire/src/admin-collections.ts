import type { Declaration, NamedCollection, NamedSpace, PutCollectionCall } from '@syncline/flows';
import {
  CollectionRules,
  type GetCollectionRequest,
  type GetCollectionResponse,
  type ListCollectionsRequest,
  type ListCollectionsResponse,
  type PutCollectionRequest,
  type PutCollectionResponse,
  type RemoveCollectionRequest,
  RemoveCollectionResponse,
} from '@syncline/proto';
import { declarationFromProto, declarationToProto, declaredFromProto, rulesToProto } from './admin-rules';
import { uint32 } from './encoding';
import { namedFromProto, namedToProto, nothing, type Pair, pair, wholeOrNull } from './pair';
import { collectionIn, each, inside, partOf, type Place } from './place';

export const putCollectionCall = pair<PutCollectionRequest, PutCollectionCall>(
  (call) => ({
    ...namedToProto(call),
    rules: rulesToProto(call),
    seenRulesVersion: uint32(call.seenVersion ?? 0),
    dryRun: call.dryRun,
  }),
  (proto, at) => ({
    ...namedFromProto(proto, at),
    ...declaredFromProto(partOf(at, 'rules', proto.rules, CollectionRules), inside(at, 'rules')),
    seenVersion: wholeOrNull(at, 'seen_rules_version', proto.seenRulesVersion),
    dryRun: proto.dryRun,
  }),
);

export const collectionPut = pair<PutCollectionResponse, Declaration>(
  (declaration) => ({ rules: declarationToProto(declaration) }),
  ({ rules }, at) => rulesPart(rules, at),
);

export interface GetCollectionCall extends NamedCollection {
  /** Null for those that hold. */
  readonly rulesVersion: number | null;
}

export const getCollectionCall = pair<GetCollectionRequest, GetCollectionCall>(
  (call) => ({ ...namedToProto(call), collection: call.collection, rulesVersion: call.rulesVersion ?? 0 }),
  (proto, at) => ({
    ...namedFromProto(proto, at),
    collection: collectionIn(at, 'collection', proto.collection),
    rulesVersion: wholeOrNull(at, 'rules_version', proto.rulesVersion),
  }),
);

export const collectionFound = pair<GetCollectionResponse, Declaration>(
  (declaration) => ({ rules: declarationToProto(declaration), isDefault: false }),
  ({ rules }, at) => rulesPart(rules, at),
);

export const listCollectionsCall = pair<ListCollectionsRequest, NamedSpace>(namedToProto, namedFromProto);

export const collectionsListed = pair<ListCollectionsResponse, readonly Declaration[]>(
  (declarations) => ({ collections: declarations.map(declarationToProto) }),
  ({ collections }, at) => each(at, 'collections', collections, declarationFromProto),
);

export const removeCollectionCall = pair<RemoveCollectionRequest, NamedCollection>(
  (call) => ({ ...namedToProto(call), collection: call.collection }),
  (proto, at) => ({
    ...namedFromProto(proto, at),
    collection: collectionIn(at, 'collection', proto.collection),
  }),
);

export const collectionRemoved: Pair<RemoveCollectionResponse, null> = nothing(RemoveCollectionResponse);

function rulesPart(rules: CollectionRules | undefined, at: Place): Declaration {
  return declarationFromProto(partOf(at, 'rules', rules, CollectionRules), inside(at, 'rules'));
}
