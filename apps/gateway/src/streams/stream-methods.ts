import { type Answer, granted } from '@syncline/core';
import { identifyCaller } from '@syncline/flows';
import type { Identity } from '@syncline/ports';
import { decode, decodeJson, encode } from '@syncline/wire';
import type { Form } from '../admin/known-call';
import type { GatewayDeps } from '../gateway-deps';
import type { CallContext } from '../unary/methods';

export type Parts<Part> = AsyncGenerator<Answer<Part>, void, void>;

/** A call that is answered in parts, behind the two encodings in which it can come. A refusal is the last part. */
export interface StreamMethod {
  answerBytes(request: Uint8Array, context: CallContext): Parts<Uint8Array>;
  answerJson(request: unknown, context: CallContext): Parts<unknown>;
}

/** By full name without a slash in front. */
export type StreamMethods = ReadonlyMap<string, StreamMethod>;

export type KnownStream = <ProtoAsked, Asked, ProtoTold, Told>(
  asked: Form<ProtoAsked, Asked>,
  told: Form<ProtoTold, Told>,
  act: (identity: Identity, call: Asked) => Parts<Told>,
) => StreamMethod;

/** For calls with a token: whoever has none learns nothing of their message either. */
export function knownStreams(deps: GatewayDeps): KnownStream {
  const identify = identifyCaller({ ...deps, directory: deps.store, tenants: deps.store });
  return (asked, told, act) => {
    type Told = Parameters<typeof told.pair.toProto>[0];
    async function* answer<Form>(
      read: () => ReturnType<typeof decode<Parameters<typeof asked.pair.fromProto>[0]>>,
      { token, peer }: CallContext,
      write: (part: Told) => Form,
    ): Parts<Form> {
      const known = await identify(token, peer === '' ? null : peer);
      if (!known.ok) return yield known;
      const message = read();
      if (!message.ok) return yield message;
      const call = asked.pair.fromProto(message.value);
      if (!call.ok) return yield call;
      for await (const part of act(known.value, call.value)) {
        yield part.ok ? granted(write(part.value)) : part;
        if (!part.ok) return;
      }
    }
    return {
      answerBytes: (bytes, context) =>
        answer(
          () => decode(asked.codec, bytes),
          context,
          (part) => encode(told.codec, told.pair.toProto(part)),
        ),
      answerJson: (json, context) =>
        answer(
          () => decodeJson(asked.codec, json),
          context,
          (part) => told.codec.toJSON(told.pair.toProto(part)),
        ),
    };
  };
}
