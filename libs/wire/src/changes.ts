import type { Change, ChangeReliance, CollectionName, DeviceId, HlcTime, RecordId } from '@syncline/core';
import { Change as ProtoChange, Priority } from '@syncline/proto';
import { type Place, whole, wrong } from './place';

export function changeToProto(change: Change): ProtoChange {
  const { number, collection, id, baseVersion, after, time, schemaVersion, resolves, trace } = change;
  const { critical, reliesOn } = change;
  return {
    ...ProtoChange.create(),
    number,
    collection,
    id,
    kind: kindToProto(change),
    baseVersion,
    after,
    time,
    schemaVersion,
    resolves: [...resolves],
    traceparent: trace,
    priority: critical === true ? Priority.CRITICAL : Priority.UNSPECIFIED,
    ...(reliesOn === undefined ? {} : relianceToProto(reliesOn)),
  };
}

type ProtoReliance = Pick<ProtoChange, 'seen' | 'dependencies' | 'artifacts'>;

function relianceToProto({ seen, dependencies, artifacts }: ChangeReliance): ProtoReliance {
  return { seen: [...seen], dependencies: new Map(dependencies), artifacts: [...artifacts] };
}

/** Nothing of it is looked into here: the merge rejects the change that has it. */
function relianceFromProto({ seen, dependencies, artifacts }: ProtoReliance): ChangeReliance | null {
  if (seen.length + dependencies.size + artifacts.length === 0) return null;
  return {
    seen: seen.map(({ device, number }) => ({ device: device as DeviceId, number })),
    dependencies: new Map([...dependencies].map(([device, number]) => [device as DeviceId, number])),
    artifacts,
  };
}

function kindToProto(change: Change): NonNullable<ProtoChange['kind']> {
  switch (change.kind) {
    case 'create':
      return { $case: 'create', create: { payload: change.payload } };
    case 'update':
      return { $case: 'update', update: { payload: change.payload } };
    case 'patch': {
      const { set, remove } = change.patch;
      return { $case: 'patch', patch: { set, remove: [...remove] } };
    }
    case 'delete':
      return { $case: 'delete', delete: {} };
    case 'operations': {
      const { type, operations } = change;
      return { $case: 'operations', operations: { type, operations } };
    }
  }
}

/**
 * Only what cannot be taken for a change at all is wrong here. A bad id, base version, time or payload is for the
 * merge to reject: the change then uses up its number, where a refusal would hold up everything behind it.
 */
export function changeFromProto(proto: ProtoChange, at: Place): Change {
  if (whole(at, 'number', proto.number) === 0) wrong(at, 'number', 'must be counted from 1');
  const { number, baseVersion, after, schemaVersion } = proto;
  const reliesOn = relianceFromProto(proto);
  const common = {
    number,
    collection: proto.collection as CollectionName,
    id: proto.id as RecordId,
    baseVersion,
    after,
    time: proto.time as HlcTime,
    schemaVersion,
    resolves: proto.resolves as RecordId[],
    trace: traceFromProto(proto.traceparent),
    ...(proto.priority === Priority.CRITICAL ? { critical: true as const } : {}),
    ...(reliesOn === null ? {} : { reliesOn }),
  };
  switch (proto.kind?.$case) {
    case 'create':
      return { ...common, kind: 'create', payload: proto.kind.create.payload };
    case 'update':
      return { ...common, kind: 'update', payload: proto.kind.update.payload };
    case 'patch': {
      const { set, remove } = proto.kind.patch;
      return { ...common, kind: 'patch', patch: { set, remove } };
    }
    case 'operations': {
      const { type, operations } = proto.kind.operations;
      return { ...common, kind: 'operations', type, operations };
    }
    case undefined:
      wrong(at, 'kind', 'must be one of create, update, patch, delete and operations');
      return { ...common, kind: 'delete' };
    case 'delete':
      return { ...common, kind: 'delete' };
  }
}

const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** A trace that cannot be continued is none: it is no reason to hold up what it came with. */
function traceFromProto(traceparent: string): string {
  return TRACEPARENT.test(traceparent) ? traceparent : '';
}
