import { utf8Length } from './utf8';

declare const brand: unique symbol;
type Branded<Base, Name extends string> = Base & { readonly [brand]: Name };

export type TenantId = Branded<string, 'TenantId'>;
export type SpaceId = Branded<string, 'SpaceId'>;
/** Tenant and space together, `tenant/space`: it leads every key in every store. */
export type SpaceKey = Branded<string, 'SpaceKey'>;
export type UserId = Branded<string, 'UserId'>;
export type DeviceId = Branded<string, 'DeviceId'>;
export type CollectionName = Branded<string, 'CollectionName'>;
export type RecordId = Branded<string, 'RecordId'>;
export type SessionId = Branded<string, 'SessionId'>;

/** A number that a space hands out, one for each accepted write, in commit order. 0 stands for none. */
export type Version = number;
/** Counts the changes of one device in one space, from 1. */
export type ChangeNumber = number;
/** Grows when a space is restored from a backup, so that nothing from before is trusted. */
export type Epoch = number;

export const ID_BYTES_MAX = 255;
/** Ledger records name collection, device and number, so their ids may be longer than a device's. */
export const LEDGER_ID_BYTES_MAX = 700;

/** What is wrong with an id that a device gives itself. */
export function deviceProblem(text: string): string | null {
  return text.startsWith(SYSTEM_PREFIX) ? `must not begin with ${SYSTEM_PREFIX}` : idProblem(text);
}

const TENANT = /^[a-z0-9-]{1,63}$/;
const COLLECTION = /^[a-z][a-z0-9._-]{0,63}$/;
const CONTROL = /[\u0000-\u001f\u007f]/;
/** Many a decoder of UTF-8 drops it at the beginning, PGlite's among them: the id would become another one. */
const BYTE_ORDER_MARK = '\ufeff';
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/** What is wrong with an id, in words for its sender; null when nothing is. */
export function idProblem(text: string, bytesMax: number = ID_BYTES_MAX): string | null {
  if (text.length === 0) return 'must not be empty';
  if (text.length > bytesMax || utf8Length(text) > bytesMax)
    return `must be at most ${bytesMax} bytes of UTF-8`;
  if (CONTROL.test(text)) return 'must not hold control characters';
  if (LONE_SURROGATE.test(text)) return 'must be well-formed Unicode';
  if (text.startsWith(BYTE_ORDER_MARK)) return 'must not begin with a byte order mark';
  return null;
}

export function tenantProblem(text: string): string | null {
  return TENANT.test(text) ? null : 'must be 1 to 63 of a-z, 0-9 and "-"';
}

export function collectionProblem(text: string): string | null {
  return COLLECTION.test(text)
    ? null
    : 'must be 1 to 64 of a-z, 0-9, ".", "_" and "-", beginning with a letter';
}

function parse<Id extends string>(text: string, problem: string | null, what: string): Id {
  if (problem !== null) throw new RangeError(`${what} ${problem}`);
  return text as Id;
}

/** The parsers below throw: they are for text that has been checked or comes from the program itself. */
export const tenantId = (text: string): TenantId => parse(text, tenantProblem(text), 'tenant');
export const spaceId = (text: string): SpaceId => parse(text, idProblem(text), 'space');
export const userId = (text: string): UserId => parse(text, idProblem(text), 'user');
export const deviceId = (text: string): DeviceId => parse(text, idProblem(text), 'device');
export const collectionName = (text: string): CollectionName =>
  parse(text, collectionProblem(text), 'collection');
export const recordId = (text: string): RecordId =>
  parse(text, idProblem(text, LEDGER_ID_BYTES_MAX), 'record id');
export const sessionId = (text: string): SessionId => parse(text, idProblem(text), 'session');

export function spaceKey(tenant: TenantId, space: SpaceId): SpaceKey {
  return `${tenant}/${space}` as SpaceKey;
}

/** A tenant holds no slash, so the first one ends it. */
export function tenantOf(key: SpaceKey): TenantId {
  return key.slice(0, key.indexOf('/')) as TenantId;
}

export function spaceOf(key: SpaceKey): SpaceId {
  return key.slice(key.indexOf('/') + 1) as SpaceId;
}

/** One record inside a space as a map key; neither part may hold a NUL. */
export type RecordKey = Branded<string, 'RecordKey'>;

export function recordKey(collection: CollectionName, id: RecordId): RecordKey {
  return `${collection}\u0000${id}` as RecordKey;
}

/** One change inside a space as a map key. */
export type ChangeKey = Branded<string, 'ChangeKey'>;

export function changeKey(device: DeviceId, number: ChangeNumber): ChangeKey {
  return `${device}\u0000${number}` as ChangeKey;
}

const SYSTEM_PREFIX = 'sys.';
/** Makes the changes that persons make without a device. No device may have an id that begins like this. */
export const SERVICE_DEVICE = 'sys.service' as DeviceId;
export const CONFLICTS = 'sys.conflicts' as CollectionName;

export function isSystem(collection: CollectionName): boolean {
  return collection.startsWith(SYSTEM_PREFIX);
}
