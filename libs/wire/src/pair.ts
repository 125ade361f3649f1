import { type Answer, type SpaceId, type TenantId, utf8Length } from '@syncline/core';
import type { Listed, NamedSpace, PartRequest } from '@syncline/flows';
import { uint32 } from './encoding';
import { tenantFromProto } from './hello';
import { idIn, type Place, reading, whole, wrong } from './place';

/** A message in its two forms. */
export interface Pair<Proto, Value> {
  readonly toProto: (value: Value) => Proto;
  readonly fromProto: (proto: Proto) => Answer<Value>;
}

export function pair<Proto, Value>(
  toProto: (value: Value) => Proto,
  read: (proto: Proto, at: Place) => Value,
): Pair<Proto, Value> {
  return { toProto, fromProto: (proto) => reading('', (at) => read(proto, at)) };
}

/** An answer that says no more than that it is one. */
export function nothing<Proto>(empty: { create(): Proto }): Pair<Proto, null> {
  return pair(
    () => empty.create(),
    () => null,
  );
}

export const TEXT_BYTES_MAX = 255;
export const LONG_TEXT_BYTES_MAX = 2_048;

/** Text for people: as long as it says, and without what could break a line of a log or a table. */
export function textIn(at: Place, name: string, text: string, bytesMax = TEXT_BYTES_MAX): string {
  if (utf8Length(text) > bytesMax) wrong(at, name, `must be at most ${bytesMax} bytes of UTF-8`);
  if (CONTROL.test(text)) wrong(at, name, 'must not hold control characters');
  return text;
}

const CONTROL = /[\u0000-\u001f\u007f]/;

/** 0 stands for nothing said. */
export function wholeOrNull(at: Place, name: string, value: number): number | null {
  return whole(at, name, value) === 0 ? null : value;
}

export function partToProto({ resultsMax, after }: PartRequest<string>): {
  readonly resultsMax: number;
  readonly after: string;
} {
  return { resultsMax: resultsMax === null ? 0 : uint32(resultsMax), after: after ?? '' };
}

export function partFromProto<Id extends string>(
  { resultsMax, after }: { readonly resultsMax: number; readonly after: string },
  at: Place,
): PartRequest<Id> {
  return {
    resultsMax: wholeOrNull(at, 'results_max', resultsMax),
    after: after === '' ? null : idIn<Id>(at, 'after', after),
  };
}

export function listedFrom<Item>(items: readonly Item[], next: string): Listed<Item> {
  return { items, next: next === '' ? null : next };
}

interface ProtoNamed {
  readonly tenant: string;
  readonly space: string;
}

export function namedToProto({ tenant, space }: NamedSpace): ProtoNamed {
  return { tenant: tenant ?? '', space };
}

export function namedFromProto({ tenant, space }: ProtoNamed, at: Place): NamedSpace {
  return { tenant: tenantFromProto(tenant, at), space: idIn<SpaceId>(at, 'space', space) };
}

export function tenantToProto(tenant: TenantId | null): string {
  return tenant ?? '';
}

/** What is removed for good is named twice. */
export function confirmedIn(at: Place, named: string, confirm: string): void {
  if (confirm !== named) wrong(at, 'confirm', 'must repeat the id of what is removed');
}
