import {
  type Answer,
  collectionProblem,
  type CollectionName,
  type DeviceId,
  deviceProblem,
  granted,
  type HlcTime,
  ID_BYTES_MAX,
  idProblem,
  isHlcTime,
  refused,
  type TenantId,
  tenantProblem,
  type Violation,
} from '@syncline/core';

/** Where in a message the reader stands. Problems are gathered, so that a sender learns all of them at once. */
export interface Place {
  readonly found: Problem[];
  readonly above: Place | null;
  readonly name: string | number;
}

interface Problem extends Violation {
  readonly ofId: boolean;
}

/** Whoever made more mistakes than these learns of the others next time: a message can hold millions. */
export const VIOLATIONS_MAX = 100;

/** Reads something whole: what `read` returns counts only if it found nothing wrong on the way. */
export function reading<Value>(name: string, read: (at: Place) => Value): Answer<Value> {
  const at: Place = { found: [], above: null, name };
  const value = read(at);
  if (at.found.length === 0) return granted(value);
  const violations = at.found.map(({ field, description }) => ({ field, description }));
  return refused(at.found.every(({ ofId }) => ofId) ? 'INVALID_ID' : 'INVALID_ARGUMENT', { violations });
}

export function inside(above: Place, name: string | number): Place {
  return { found: above.found, above, name };
}

export function wrong(at: Place, name: string | number, description: string): void {
  note(at, name, description, false);
}

function note(at: Place, name: string | number, description: string, ofId: boolean): void {
  if (at.found.length < VIOLATIONS_MAX) at.found.push({ field: pathOf(inside(at, name)), description, ofId });
}

function pathOf({ above, name }: Place): string {
  const before = above === null ? '' : pathOf(above);
  if (typeof name === 'number') return `${before}[${name}]`;
  return before === '' || name === '' ? `${before}${name}` : `${before}.${name}`;
}

/** Reads each item in its own place. */
export function each<Item, Value>(
  at: Place,
  name: string,
  items: readonly Item[],
  read: (item: Item, at: Place) => Value,
): Value[] {
  const list = inside(at, name);
  return items.map((item, index) => read(item, inside(list, index)));
}

export function whole(at: Place, name: string | number, value: number): number {
  if (!Number.isSafeInteger(value) || value < 0) wrong(at, name, 'must be a whole number from 0');
  return value;
}

export function timeIn(at: Place, name: string, value: number): HlcTime {
  if (!isHlcTime(value)) wrong(at, name, 'must be a reading of a hybrid logical clock');
  return value as HlcTime;
}

/** An id of a space, device, user or session, or of a record where more bytes are allowed. */
export function idIn<Id extends string>(at: Place, name: string, text: string, bytesMax = ID_BYTES_MAX): Id {
  const description = idProblem(text, bytesMax);
  if (description !== null) wrongId(at, name, description);
  return text as Id;
}

export function deviceIn(at: Place, name: string, text: string): DeviceId {
  const description = deviceProblem(text);
  if (description !== null) wrongId(at, name, description);
  return text as DeviceId;
}

export function collectionIn(at: Place, name: string | number, text: string): CollectionName {
  const description = collectionProblem(text);
  if (description !== null) wrongId(at, name, description);
  return text as CollectionName;
}

export function tenantIn(at: Place, name: string, tenant: string): TenantId {
  const problem = tenantProblem(tenant);
  if (problem !== null) wrongId(at, name, problem);
  return tenant as TenantId;
}

function wrongId(at: Place, name: string | number, description: string): void {
  note(at, name, description, true);
}

/** The part of a message that has to be there; without it a blank one lets the reading go on and find what else is wrong. */
export function partOf<Part>(
  at: Place,
  name: string,
  part: Part | undefined,
  blank: { create(): Part },
): Part {
  if (part !== undefined) return part;
  wrong(at, name, 'must be set');
  return blank.create();
}

/** Bytes that may be left out. */
export function bytesOrNull(bytes: Uint8Array): Uint8Array | null {
  return bytes.length === 0 ? null : bytes;
}

export const NO_BYTES = new Uint8Array(0);
