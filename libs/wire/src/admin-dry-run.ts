import type { DryRun, DryRunExample, DryRunPolicyCall } from '@syncline/flows';
import type { DryRunExample as ProtoExample } from '@syncline/proto';
import {
  CollectionRules,
  Conflict,
  type DryRunPolicyRequest,
  type DryRunPolicyResponse,
} from '@syncline/proto';
import { declaredFromProto, rulesToProto } from './admin-rules';
import { filterFromProto, filterToProto } from './conflict-filters';
import { conflictFromProto, conflictToProto, resolutions } from './conflicts';
import { uint32 } from './encoding';
import { statuses } from './outcome-codes';
import { namedFromProto, namedToProto, pair, wholeOrNull } from './pair';
import { each, inside, NO_BYTES, partOf, type Place } from './place';

export const dryRunPolicyCall = pair<DryRunPolicyRequest, DryRunPolicyCall>(
  (call) => ({
    ...namedToProto(call),
    rules: rulesToProto(call),
    filter: filterToProto(call.filter),
    conflictsMax: uint32(call.conflictsMax ?? 0),
    examplesMax: uint32(call.examplesMax ?? 0),
  }),
  (proto, at) => ({
    ...namedFromProto(proto, at),
    ...declaredFromProto(partOf(at, 'rules', proto.rules, CollectionRules), inside(at, 'rules')),
    filter: filterFromProto(proto.filter, at),
    conflictsMax: wholeOrNull(at, 'conflicts_max', proto.conflictsMax),
    examplesMax: wholeOrNull(at, 'examples_max', proto.examplesMax),
  }),
);

export const policyDryRun = pair<DryRunPolicyResponse, DryRun>(
  ({ examples, ...counts }) => ({ ...counts, examples: examples.map(exampleToProto) }),
  ({ examples, ...counts }, at) => ({
    ...counts,
    examples: each(at, 'examples', examples, exampleFromProto),
  }),
);

/** A delete is told by its resolution, or by that of the side that stands. */
function exampleToProto(example: DryRunExample): ProtoExample {
  return {
    conflict: conflictToProto(example.conflict),
    resolution: resolutions.code(example.resolution),
    payload: example.payload ?? NO_BYTES,
    askedFields: [...example.asked],
    why: example.why,
    status: statuses.code(example.status),
  };
}

function exampleFromProto(proto: ProtoExample, at: Place): DryRunExample {
  return {
    conflict: conflictFromProto(partOf(at, 'conflict', proto.conflict, Conflict), inside(at, 'conflict')),
    resolution: resolutions.nameIn(at, 'resolution', proto.resolution),
    payload: proto.payload.length === 0 ? null : proto.payload,
    asked: proto.askedFields,
    why: proto.why,
    status: statuses.nameIn(at, 'status', proto.status),
  };
}
