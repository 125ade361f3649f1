import type { Change } from '../changes';
import type { HlcTime } from '../clock';
import type { ChangeNumber, CollectionName, DeviceId, RecordId, UserId, Version } from '../ids';
import { fieldsOf, jsonOf, payloadOf } from '../json-fields';
import type { ConflictKind, ConflictState } from '../outcomes';
import { encodeUtf8, tryDecodeUtf8 } from '../utf8';

/** One side of a conflict as the ledger tells it. Long payloads are left out: the history has them. */
export interface LedgerSide {
  readonly version: Version;
  readonly deleted: boolean;
  readonly device: DeviceId | null;
  readonly number: ChangeNumber | null;
  readonly user: UserId | null;
  readonly time: HlcTime | null;
  readonly schemaVersion: number;
  /** The payload where it is JSON; else `base64` holds it. */
  readonly json?: unknown;
  readonly base64?: string;
  readonly bytes: number;
  /** The content is operations of this data type: what they make of the record was not known. */
  readonly operations?: string;
}

/** Other content than either side's, and a delete, are what persons decide. */
export type LedgerResolution = 'incoming' | 'stored' | 'merged' | 'both' | 'none' | 'replaced' | 'deleted';

/** The payload of a record in `sys.conflicts`: written by the server, readable by anyone who may see the record. */
export interface LedgerEntry {
  readonly kind: ConflictKind;
  readonly collection: CollectionName;
  readonly id: RecordId;
  readonly policy: string;
  readonly rulesVersion: number;
  readonly baseVersion: Version;
  /** The own change that lay on top of that in the device's view; 0 for none. */
  readonly after: ChangeNumber;
  readonly stored: LedgerSide;
  readonly incoming: LedgerSide;
  readonly resolution: LedgerResolution;
  /** Fields that wait for a person. */
  readonly asked: readonly string[];
  /** Of a conflict that the tenant's resolver has to be asked about, who decides next. */
  readonly waitsFor?: 'resolver' | 'person';
  readonly why: string;
  readonly state: ConflictState;
  /** The version of the record that the resolution wrote; 0 when it wrote none. */
  readonly resultVersion: Version;
  readonly device: DeviceId;
  readonly user: UserId;
  readonly number: ChangeNumber;
  readonly trace: string;
  readonly detectedAtMs: number;
  /** These are there once a person has decided. */
  readonly resolvedBy?: { readonly device: DeviceId; readonly user: UserId; readonly number: ChangeNumber };
  readonly resolvedAtMs?: number;
  /** The version of the record that stood after that; 0 for none. */
  readonly standing?: Version;
}

export function ledgerId(change: Change, device: DeviceId): RecordId {
  return `${change.collection}/${device}/${change.number}` as RecordId;
}

export function ledgerSide(
  side: {
    readonly version: Version;
    readonly deleted: boolean;
    readonly payload: Uint8Array | null;
    readonly device: DeviceId | null;
    readonly number: ChangeNumber | null;
    readonly user: UserId | null;
    readonly time: HlcTime | null;
    readonly schemaVersion: number;
    readonly operations?: string;
  },
  bytesMax: number,
): LedgerSide {
  const { version, deleted, payload, device, number, user, time, schemaVersion } = side;
  const bytes = payload?.length ?? 0;
  const shown = { version, deleted, device, number, user, time, schemaVersion, bytes };
  const facts = side.operations === undefined ? shown : { ...shown, operations: side.operations };
  if (payload === null || payload.length > bytesMax) return facts;
  const json = jsonOf(payload);
  return json === null ? { ...facts, base64: base64(payload) } : { ...facts, json: new RawJson(json) };
}

/** Stands for JSON text that goes into the entry as it was written, so that no number changes its form. */
class RawJson {
  constructor(readonly text: string) {}
}

export function encodeLedger(entry: LedgerEntry): Uint8Array {
  return encodeUtf8(stringify(entry)!);
}

export function decodeLedger(payload: Uint8Array): LedgerEntry | null {
  const text = tryDecodeUtf8(payload);
  return text === null ? null : (JSON.parse(text) as LedgerEntry);
}

/** Replaces some fields of an entry and leaves the text of the others as it is. */
export function amendLedger(payload: Uint8Array, fields: Partial<LedgerEntry>): Uint8Array {
  const amended = fieldsOf(payload) ?? new Map<string, string>();
  for (const [name, value] of Object.entries(fields)) amended.set(name, JSON.stringify(value));
  return payloadOf(amended);
}

/** As JSON does, but for what stands as it was written. Names are those above, which need no escaping. */
function stringify(value: unknown): string | undefined {
  if (value instanceof RawJson) return value.text;
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return JSON.stringify(value);
  let text = '';
  for (const [name, field] of Object.entries(value)) {
    const written = stringify(field);
    if (written !== undefined) text += `${text === '' ? '' : ','}"${name}":${written}`;
  }
  return `{${text}}`;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

function base64(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const word = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    for (let shift = 18; shift >= 0; shift -= 6) text += ALPHABET[(word >> shift) & 63]!;
  }
  const spare = (3 - (bytes.length % 3)) % 3;
  return spare === 0 ? text : text.slice(0, -spare) + '='.repeat(spare);
}
