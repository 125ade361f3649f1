import { type Answer, encodeUtf8, granted, refused } from '@syncline/core';
import { DeviceMessage, ServerMessage, type SignedMessage } from '@syncline/proto';
import { decode, encode, then } from './encoding';
import { reading, whole, wrong } from './place';

/** Whose message it is. */
export type Signer = 'device' | 'server';

/** What a code on a message is about, beside the message itself. */
export interface SignedPlace {
  readonly signer: Signer;
  /** Empty as long as the signer does not know it. */
  readonly session: string;
  /** Of the signer's messages in this session, from 1. */
  readonly sequence: number;
}

export interface Signed {
  /** The encoded message, exactly as it was signed. */
  readonly message: Uint8Array;
  readonly keyId: string;
  readonly sequence: number;
  readonly mac: Uint8Array;
}

const PREFIX = encodeUtf8('syncline/1\u0000');
const LETTERS: Readonly<Record<Signer, string>> = { device: 'D', server: 'S' };
const SEQUENCE_BYTES = 8;
const MAC_BYTES = 32;

/** The bytes that the code is computed over. */
export function signedBytes({ signer, session, sequence }: SignedPlace, message: Uint8Array): Uint8Array {
  const name = encodeUtf8(`${LETTERS[signer]}${session}\u0000`);
  const bytes = new Uint8Array(PREFIX.length + name.length + SEQUENCE_BYTES + message.length);
  bytes.set(PREFIX);
  bytes.set(name, PREFIX.length);
  const at = PREFIX.length + name.length;
  new DataView(bytes.buffer).setBigUint64(at, BigInt(sequence));
  bytes.set(message, at + SEQUENCE_BYTES);
  return bytes;
}

/** Null for a message without a code. */
export function signedFromDevice(bytes: Uint8Array): Answer<Signed | null> {
  return then(decode(DeviceMessage, bytes), ({ message }) =>
    message?.$case === 'signed' ? signedFromProto(message.signed) : granted(null),
  );
}

export function signedFromServer(bytes: Uint8Array): Answer<Signed | null> {
  return then(decode(ServerMessage, bytes), ({ message }) =>
    message?.$case === 'signed' ? signedFromProto(message.signed) : granted(null),
  );
}

export function signedToDeviceMessage(signed: Signed): Uint8Array {
  return encode(DeviceMessage, { message: { $case: 'signed', signed: { ...signed } } });
}

export function signedToServerMessage(signed: Signed): Uint8Array {
  return encode(ServerMessage, { message: { $case: 'signed', signed: { ...signed } } });
}

function signedFromProto({ message, keyId, sequence, mac }: SignedMessage): Answer<Signed> {
  return reading('signed', (at) => {
    if (mac.length !== MAC_BYTES) wrong(at, 'mac', `must be ${MAC_BYTES} bytes`);
    return { message, keyId, sequence: whole(at, 'sequence', sequence), mac };
  });
}

/** What of a Hello decides about codes; null where the message is no Hello. */
export interface HelloIntegrity {
  readonly device: string;
  readonly token: string;
  /** Empty for messages without codes. */
  readonly keyId: string;
}

export function helloIntegrity(bytes: Uint8Array): Answer<HelloIntegrity | null> {
  return then(decode(DeviceMessage, bytes), ({ message }) => {
    if (message?.$case === 'signed')
      return refused('INVALID_ARGUMENT', { message: 'A signed message holds no other signed message.' });
    if (message?.$case !== 'hello') return granted(null);
    const { device, token, integrityKeyId } = message.hello;
    return granted({ device: device?.id ?? '', token, keyId: integrityKeyId });
  });
}

/** The session that a Welcome tells of; null for every other message. */
export function welcomedSession(bytes: Uint8Array): string | null {
  const read = decode(ServerMessage, bytes);
  return read.ok && read.value.message?.$case === 'welcome' ? read.value.message.welcome.session : null;
}
