import type { Answer } from '@syncline/core';
import { identifyCaller } from '@syncline/flows';
import type { Identity } from '@syncline/ports';
import type { Codec, Pair } from '@syncline/wire';
import { type CallContext, type MessageCodec, type UnaryMethod, unaryMethod } from '../unary/methods';
import type { GatewayDeps } from '../gateway-deps';

/** A message of the protocol in all of its forms. */
export interface Form<Proto, Value> {
  readonly codec: MessageCodec<Proto>;
  readonly pair: Pair<Proto, Value>;
}

export const form = <Proto, Value>(
  codec: MessageCodec<Proto>,
  pair: Pair<Proto, Value>,
): Form<Proto, Value> => ({
  codec,
  pair,
});

/** Answers a call once its message was read; who makes it may not be known yet. */
export function openCall<ProtoAsked, Asked, ProtoTold, Told>(
  asked: Form<ProtoAsked, Asked>,
  told: Form<ProtoTold, Told>,
  act: (call: Asked, context: CallContext) => Promise<Answer<Told>>,
): UnaryMethod {
  const request: Codec<ProtoAsked> = asked.codec;
  return unaryMethod(request, told.codec, async (proto, context) => {
    const call = asked.pair.fromProto(proto);
    if (!call.ok) return call;
    const answer = await act(call.value, context);
    return answer.ok ? { ok: true, value: told.pair.toProto(answer.value) } : answer;
  });
}

export type KnownCall = <ProtoAsked, Asked, ProtoTold, Told>(
  asked: Form<ProtoAsked, Asked>,
  told: Form<ProtoTold, Told>,
  act: (identity: Identity, call: Asked) => Promise<Answer<Told>>,
) => UnaryMethod;

/** The same for calls with a token: whoever has none learns nothing of their message either. */
export function knownCalls(deps: GatewayDeps): KnownCall {
  const identify = identifyCaller({ ...deps, directory: deps.store, tenants: deps.store });
  return (asked, told, act) => {
    const request: Codec<Parameters<typeof asked.pair.fromProto>[0]> = asked.codec;
    return unaryMethod(request, told.codec, async (proto, { token, peer }) => {
      const known = await identify(token, peer === '' ? null : peer);
      if (!known.ok) return known;
      const call = asked.pair.fromProto(proto);
      if (!call.ok) return call;
      const answer = await act(known.value, call.value);
      return answer.ok ? { ok: true, value: told.pair.toProto(answer.value) } : answer;
    });
  };
}
