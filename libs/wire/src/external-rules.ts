import { encodeUtf8, type ExternalRule, tryDecodeUtf8 } from '@syncline/core';
import type { ExternalRule as ProtoExternal } from '@syncline/proto';
import { uint32 } from './encoding';
import { type Place, wrong } from './place';

export function externalToProto(rule: ExternalRule): ProtoExternal {
  const { endpoint, deadlineMs, settings, plaintext, tokenSecret, fallbackPolicy } = rule;
  return {
    endpoint,
    deadlineMs: uint32(deadlineMs),
    settings: encodeUtf8(settings),
    plaintext,
    tokenSecret,
    fallbackPolicy,
  };
}

/** In the form in which rules are declared; whether it makes sense is for the policy to say. */
export function externalFromProto(proto: ProtoExternal, at: Place): unknown {
  const { endpoint, deadlineMs, plaintext, tokenSecret, fallbackPolicy } = proto;
  const settings = tryDecodeUtf8(proto.settings);
  if (settings === null) wrong(at, 'settings', 'must be UTF-8');
  const rule = { endpoint, settings: settings ?? '', plaintext, tokenSecret, fallbackPolicy };
  return deadlineMs === 0 ? rule : { ...rule, deadlineMs };
}
