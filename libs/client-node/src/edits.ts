import type { Edit } from '@syncline/client';
import { collectionName, encodeUtf8, recordId } from '@syncline/core';

/** Bytes are taken as they are, everything else is written as JSON. */
export type Content = Uint8Array | Readonly<Record<string, unknown>>;

type More = Pick<Edit, 'resolves' | 'critical' | 'trace' | 'seen'>;

const bytesOf = (content: Content): Uint8Array =>
  content instanceof Uint8Array ? content : encodeUtf8(JSON.stringify(content));

const at = (collection: string, id: string) => ({ collection: collectionName(collection), id: recordId(id) });

export const creates = (collection: string, id: string, content: Content, more: More = {}): Edit => ({
  kind: 'create',
  ...at(collection, id),
  payload: bytesOf(content),
  ...more,
});

export const updates = (collection: string, id: string, content: Content, more: More = {}): Edit => ({
  kind: 'update',
  ...at(collection, id),
  payload: bytesOf(content),
  ...more,
});

/** Sets these fields and takes others out; the rest of the record stays as it is. */
export const patches = (
  collection: string,
  id: string,
  set: Content,
  remove: readonly string[] = [],
  more: More = {},
): Edit => ({ kind: 'patch', ...at(collection, id), patch: { set: bytesOf(set), remove }, ...more });

export const deletes = (collection: string, id: string, more: More = {}): Edit => ({
  kind: 'delete',
  ...at(collection, id),
  ...more,
});

/** Operations of a data type that the device was given, in that data type's own encoding. */
export const operates = (
  collection: string,
  id: string,
  type: string,
  operations: Uint8Array,
  more: More = {},
): Edit => ({ kind: 'operations', ...at(collection, id), type, operations, ...more });
