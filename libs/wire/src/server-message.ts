import { type Answer, granted, refused, type ServerMessage } from '@syncline/core';
import { ServerMessage as ProtoMessage } from '@syncline/proto';
import { checkpointFromProto, checkpointToProto } from './checkpoints';
import type { Compressor } from './compressor';
import { decode, encode, then } from './encoding';
import { outcomesFromProto, outcomesToProto } from './outcomes';
import { noticeFromProto, noticeToProto, paceFromProto, paceToProto } from './pace';
import { pageFromProto, pageToProto } from './pages';
import { inside, type Place, reading } from './place';
import { planFromProto, planToProto } from './plans';
import { presenceUpdateFromProto, presenceUpdateToProto } from './presence';
import { refusalFromProto, refusalToProto } from './refusals';
import { resetFromProto, resetToProto, subscribedFromProto, subscribedToProto } from './subscribed';
import { lifeFromProto, lifeToProto, welcomeFromProto, welcomeToProto } from './welcome';

type Kind = NonNullable<ProtoMessage['message']>;

export function serverMessageToProto(message: ServerMessage): ProtoMessage {
  return { message: kindToProto(message) };
}

function kindToProto(message: ServerMessage): Kind {
  switch (message.kind) {
    case 'welcome':
      return { $case: 'welcome', welcome: welcomeToProto(message) };
    case 'subscribed':
      return { $case: 'subscribed', subscribed: subscribedToProto(message) };
    case 'page':
      return { $case: 'page', page: pageToProto(message) };
    case 'checkpoint':
      return { $case: 'checkpoint', checkpoint: checkpointToProto(message) };
    case 'outcomes':
      return { $case: 'outcomes', outcomes: outcomesToProto(message) };
    case 'presence':
      return { $case: 'presence', presence: presenceUpdateToProto(message) };
    case 'pace':
      return { $case: 'pace', pace: paceToProto(message) };
    case 'reset':
      return { $case: 'reset', reset: resetToProto(message) };
    case 'notice':
      return { $case: 'notice', notice: noticeToProto(message) };
    case 'refusal':
      return { $case: 'refusal', refusal: refusalToProto(message) };
    case 'plan':
      return { $case: 'plan', plan: planToProto(message) };
    case 'authenticated':
      return {
        $case: 'authenticated',
        authenticated: { tokenExpiresInMs: lifeToProto(message.expiresInMs) },
      };
  }
}

/**
 * What the server said, for a client. Mostly one message; several where one update names several devices, and none
 * for a kind that this client does not know: it skips that.
 */
export function serverMessagesFromProto(
  { message }: ProtoMessage,
  compressor: Compressor | null = null,
): Answer<readonly ServerMessage[]> {
  if (message === undefined) return granted([]);
  if (message.$case === 'signed')
    return refused('CAPABILITY_REQUIRED', { message: 'Codes on messages were not agreed on.' });
  return reading('', (root) => kindFromProto(message, inside(root, message.$case), compressor));
}

/** The same where exactly one message is expected. */
export function serverMessageFromProto(
  proto: ProtoMessage,
  compressor: Compressor | null = null,
): Answer<ServerMessage> {
  return then(serverMessagesFromProto(proto, compressor), (messages) => {
    const [message] = messages;
    return message === undefined || messages.length > 1 ? refused('UNKNOWN_MESSAGE') : granted(message);
  });
}

function kindFromProto(
  message: Exclude<Kind, { $case: 'signed' }>,
  at: Place,
  compressor: Compressor | null,
): readonly ServerMessage[] {
  switch (message.$case) {
    case 'welcome':
      return [welcomeFromProto(message.welcome, at)];
    case 'subscribed':
      return [subscribedFromProto(message.subscribed, at)];
    case 'page':
      return [pageFromProto(message.page, at, compressor)];
    case 'checkpoint':
      return [checkpointFromProto(message.checkpoint, at)];
    case 'outcomes':
      return [outcomesFromProto(message.outcomes, at)];
    case 'presence':
      return presenceUpdateFromProto(message.presence.space, message.presence.devices, at);
    case 'pace':
      return [paceFromProto(message.pace, at)];
    case 'reset':
      return [resetFromProto(message.reset, at)];
    case 'notice': {
      const notice = noticeFromProto(message.notice);
      return notice === null ? [] : [notice];
    }
    case 'refusal':
      return [refusalFromProto(message.refusal, at)];
    case 'plan':
      return [planFromProto(message.plan, at)];
    case 'authenticated':
      return [
        { kind: 'authenticated', expiresInMs: lifeFromProto(message.authenticated.tokenExpiresInMs, at) },
      ];
  }
}

export function serverMessageToBytes(message: ServerMessage): Uint8Array {
  return encode(ProtoMessage, serverMessageToProto(message));
}

export function serverMessagesFromBytes(
  bytes: Uint8Array,
  compressor: Compressor | null = null,
): Answer<readonly ServerMessage[]> {
  return then(decode(ProtoMessage, bytes), (proto) => serverMessagesFromProto(proto, compressor));
}

export function serverMessageFromBytes(
  bytes: Uint8Array,
  compressor: Compressor | null = null,
): Answer<ServerMessage> {
  return then(decode(ProtoMessage, bytes), (proto) => serverMessageFromProto(proto, compressor));
}
