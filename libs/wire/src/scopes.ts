import { type Scope, type SyncMode, WHOLE_SPACE } from '@syncline/core';
import type { Scope as ProtoScope } from '@syncline/proto';
import { Mode } from '@syncline/proto';
import { codes } from './codes';
import { collectionIn, inside, type Place, whole } from './place';

/** The whole space is said by saying nothing. */
export function scopeToProto(scope: Scope): ProtoScope | undefined {
  const { collections, idPrefix, changedFromMs, changedToMs, includeDeleted, fields } = scope;
  const bounded = changedFromMs !== null || changedToMs !== null;
  if (collections.length + fields.length === 0 && idPrefix === '' && !bounded && !includeDeleted)
    return undefined;
  return {
    collections: [...collections],
    idPrefix,
    changedFromMs: changedFromMs ?? undefined,
    changedToMs: changedToMs ?? undefined,
    includeDeleted,
    fields: fields.map(({ field, json }) => ({ field, json })),
  };
}

export function scopeFromProto(proto: ProtoScope | undefined, above: Place): Scope {
  if (proto === undefined) return WHOLE_SPACE;
  const at = inside(above, 'scope');
  const list = inside(at, 'collections');
  const { changedFromMs, changedToMs } = proto;
  return {
    collections: proto.collections.map((name, index) => collectionIn(list, index, name)),
    idPrefix: proto.idPrefix,
    changedFromMs: changedFromMs === undefined ? null : whole(at, 'changed_from_ms', changedFromMs),
    changedToMs: changedToMs === undefined ? null : whole(at, 'changed_to_ms', changedToMs),
    includeDeleted: proto.includeDeleted,
    fields: proto.fields.map(({ field, json }) => ({ field, json })),
  };
}

const modes = codes<SyncMode, Mode>({
  bidirectional: Mode.BIDIRECTIONAL,
  'upload-only': Mode.UPLOAD_ONLY,
  'download-only': Mode.DOWNLOAD_ONLY,
  'check-only': Mode.CHECK_ONLY,
});

export const modeToProto = modes.code;

/** Nothing said means both ways; a way that is not known cannot be guessed. */
export function modeFromProto(proto: Mode, at: Place): SyncMode {
  return proto === Mode.UNSPECIFIED ? 'bidirectional' : modes.nameIn(at, 'mode', proto);
}
