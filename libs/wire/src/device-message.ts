import { type Answer, type DeviceMessage, refused, type SpaceId } from '@syncline/core';
import { DeviceMessage as ProtoMessage, Goodbye } from '@syncline/proto';
import type { Compressor } from './compressor';
import { decode, encode, then } from './encoding';
import { helloFromProto, helloToProto } from './hello';
import { idIn, inside, type Place, reading } from './place';
import { presenceFromProto, presenceToProto } from './presence';
import { pushFromProto, pushToProto } from './push';
import { subscribeFromProto, subscribeToProto } from './subscribe';

type Kind = NonNullable<ProtoMessage['message']>;

export function deviceMessageToProto(message: DeviceMessage): ProtoMessage {
  return { message: kindToProto(message) };
}

function kindToProto(message: DeviceMessage): Kind {
  switch (message.kind) {
    case 'hello':
      return { $case: 'hello', hello: helloToProto(message) };
    case 'subscribe':
      return { $case: 'subscribe', subscribe: subscribeToProto(message) };
    case 'push':
      return { $case: 'push', push: pushToProto(message) };
    case 'ack':
      return {
        $case: 'ack',
        ack: { space: message.space, cursor: message.cursor, mismatchedCollections: [] },
      };
    case 'presence':
      return { $case: 'presence', presence: presenceToProto(message) };
    case 'authenticate':
      return { $case: 'authenticate', authenticate: { token: message.token } };
    case 'unsubscribe':
      return { $case: 'unsubscribe', unsubscribe: { space: message.space } };
    case 'goodbye':
      // To the rules, who says goodbye does not want the session back.
      return { $case: 'goodbye', goodbye: { ...Goodbye.create(), forget: true } };
  }
}

/** What a device said, with everything that is wrong with it at once. */
export function deviceMessageFromProto(
  { message }: ProtoMessage,
  compressor: Compressor | null = null,
): Answer<DeviceMessage> {
  if (message === undefined) return refused('UNKNOWN_MESSAGE');
  if (message.$case === 'signed')
    return refused('CAPABILITY_REQUIRED', { message: 'Codes on messages were not agreed on.' });
  return reading('', (root) => kindFromProto(message, inside(root, message.$case), compressor));
}

function kindFromProto(
  message: Exclude<Kind, { $case: 'signed' }>,
  at: Place,
  compressor: Compressor | null,
): DeviceMessage {
  switch (message.$case) {
    case 'hello':
      return helloFromProto(message.hello, at);
    case 'subscribe':
      return subscribeFromProto(message.subscribe, at);
    case 'push':
      return pushFromProto(message.push, at, compressor);
    case 'ack': {
      const { space, cursor } = message.ack;
      return { kind: 'ack', space: idIn<SpaceId>(at, 'space', space), cursor };
    }
    case 'presence':
      return presenceFromProto(message.presence, at);
    case 'authenticate':
      return { kind: 'authenticate', token: message.authenticate.token };
    case 'unsubscribe':
      return { kind: 'unsubscribe', space: idIn<SpaceId>(at, 'space', message.unsubscribe.space) };
    case 'goodbye':
      return { kind: 'goodbye' };
  }
}

export function deviceMessageToBytes(message: DeviceMessage): Uint8Array {
  return encode(ProtoMessage, deviceMessageToProto(message));
}

export function deviceMessageFromBytes(
  bytes: Uint8Array,
  compressor: Compressor | null = null,
): Answer<DeviceMessage> {
  return then(decode(ProtoMessage, bytes), (proto) => deviceMessageFromProto(proto, compressor));
}
