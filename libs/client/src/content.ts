import { applyPatch, type Change, type CrdtEngine, type Kept, type OtType, sameBytes } from '@syncline/core';

/** The data types that this device can work with, by name; of others it only shows what the server says. */
export interface DataTypes {
  readonly engines: ReadonlyMap<string, CrdtEngine>;
  readonly types: ReadonlyMap<string, OtType>;
}

export const NO_DATA_TYPES: DataTypes = { engines: new Map(), types: new Map() };

/** What a live record holds. */
export interface Content {
  readonly payload: Uint8Array;
  readonly kept?: Kept;
}

/** What a change makes of a record; null where it deletes it, undefined where it finds nothing to change. */
export function changedContent(
  content: Content | null,
  change: Change,
  dataTypes: DataTypes,
): Content | null | undefined {
  switch (change.kind) {
    case 'create':
    case 'update':
      return { payload: change.payload };
    case 'delete':
      return null;
    case 'patch': {
      const payload = content === null ? null : applyPatch(content.payload, change.patch);
      return payload === null ? undefined : { payload };
    }
    case 'operations':
      return operated(content, change.type, [change.operations], dataTypes) ?? undefined;
  }
}

/** Null where the operations cannot be applied here. */
export function operated(
  content: Content | null,
  type: string,
  operations: readonly Uint8Array[],
  { engines, types }: DataTypes,
): Content | null {
  const engine = engines.get(type);
  const transformed = types.get(type);
  let result = content;
  for (const each of operations) {
    if (engine !== undefined) result = merged(result, each, engine);
    else if (transformed !== undefined) result = applied(result, each, transformed);
    else return null;
    if (result === null) return null;
  }
  return result;
}

function merged(content: Content | null, update: Uint8Array, engine: CrdtEngine): Content | null {
  const state = content?.kept?.kind === 'data' ? content.kept.state : null;
  // Without its state, a record cannot be told from one that the update begins.
  if (content !== null && state === null) return null;
  const result = engine.merge(state, update);
  if (!result.ok) return null;
  const { name: type } = engine;
  return { payload: result.view, kept: { kind: 'data', type, state: result.state, recent: [] } };
}

function applied(content: Content | null, operation: Uint8Array, type: OtType): Content | null {
  const checked = type.check(operation);
  if (content === null || !checked.ok) return null;
  const result = type.apply(content.payload, checked.operation);
  return result.ok ? { payload: result.snapshot } : null;
}

/** Whether operations of this type fit only the very content that they were made on. */
export function isPinned(change: Change, { types }: DataTypes): boolean {
  return change.kind === 'operations' && types.has(change.type);
}

export function sameContent(left: Content | null, right: Content | null): boolean {
  if (left === right) return true;
  if (left === null || right === null || !sameBytes(left.payload, right.payload)) return false;
  return sameKept(left.kept, right.kept);
}

function sameKept(left: Kept | undefined, right: Kept | undefined): boolean {
  if (left === right) return true;
  if (left?.kind === 'data' && right?.kind === 'data') {
    if (left.state === null || right.state === null) return left.state === right.state;
    return sameBytes(left.state, right.state);
  }
  return left?.kind === 'siblings' && right?.kind === 'siblings' && dotsOf(left) === dotsOf(right);
}

/** Who wrote them says all: no two contents share a dot. */
function dotsOf({ siblings }: Extract<Kept, { kind: 'siblings' }>): string {
  return JSON.stringify(siblings.map(({ device, number }) => [device, number]));
}
