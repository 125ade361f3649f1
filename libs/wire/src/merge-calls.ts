import {
  type Answer,
  granted,
  type Push as CorePush,
  type PushResult,
  type SpaceId,
  type SpaceKey,
  spaceOf,
  type UserId,
} from '@syncline/core';
import type { SpacePush } from '@syncline/flows';
import { Outcomes, Push } from '@syncline/proto';
import { MergeRequest, MergeResponse } from '@syncline/proto/internal';
import { decode, encode, then } from './encoding';
import { identityFromProto, identityToProto } from './identity';
import { outcomesFromProto, outcomesToProto } from './outcomes';
import { idIn, inside, type Place, reading, whole, wrong } from './place';
import { pushFromProto, pushToProto } from './push';
import { refusalToStatus, statusToRefusal } from './status';

export interface MergeCall extends SpacePush {
  /** Tells the answer of this call from those of others on the same stream. */
  readonly correlation: number;
}

export interface MergeAnswer {
  readonly correlation: number;
  readonly result: PushResult;
}

export function mergeCallToProto({ correlation, space, push }: MergeCall): MergeRequest {
  const { device, user, access, changes } = push;
  return {
    ...MergeRequest.create(),
    ...identityToProto({ space, user, device, access }),
    correlation,
    push: encode(Push, pushToProto({ space: spaceOf(space), changes })),
  };
}

export function mergeCallFromProto(proto: MergeRequest): Answer<MergeCall> {
  return then(decode(Push, proto.push), (decoded) =>
    reading('', (at) => {
      const { space, user, device, access } = identityFromProto(proto, at);
      const { changes } = pushFromProto(decoded, inside(at, 'push'), null);
      const push: CorePush = { device, user: userOf(user, at), access, changes };
      return { correlation: whole(at, 'correlation', proto.correlation), space, push };
    }),
  );
}

function userOf(user: UserId | null, at: Place): UserId {
  return user ?? idIn<UserId>(inside(at, 'identity'), 'user', '');
}

export function mergeAnswerToProto(space: SpaceKey, { correlation, result }: MergeAnswer): MergeResponse {
  return { ...MergeResponse.create(), correlation, result: resultToProto(spaceOf(space), result) };
}

function resultToProto(space: SpaceId, result: PushResult): NonNullable<MergeResponse['result']> {
  if (result.kind === 'refused') return { $case: 'refusal', refusal: refusalToStatus(result.refusal) };
  return { $case: 'outcomes', outcomes: encode(Outcomes, outcomesToProto({ space, ...result })) };
}

export function mergeAnswerFromProto({ correlation, result }: MergeResponse): Answer<MergeAnswer> {
  if (result?.$case === 'refusal') {
    return granted({ correlation, result: { kind: 'refused', refusal: statusToRefusal(result.refusal) } });
  }
  return then(decode(Outcomes, result?.outcomes ?? encode(Outcomes, Outcomes.create())), (proto) =>
    reading('', (at) => {
      if (result === undefined) wrong(at, 'result', 'must be one of outcomes and refusal');
      const { outcomes } = outcomesFromProto(proto, inside(at, 'outcomes'));
      return { correlation, result: { kind: 'outcomes', outcomes } };
    }),
  );
}
