import {
  type Answer,
  type DeviceId,
  type Moments,
  type SpaceKey,
  spaceOf,
  tenantOf,
  type Trail,
  type Version,
} from '@syncline/core';
import {
  type DeviceTrail,
  Moments as ProtoMoments,
  WhereaboutsAnswer,
  WhereaboutsQuestion,
} from '@syncline/proto/internal';
import { decode, encode, then, valueOrNull } from './encoding';
import { spaceKeyFromProto } from './identity';
import { each, idIn, inside, partOf, type Place, reading, whole, wrong } from './place';

/** What gateways ask each other of changes; the port for it has the same shape. */
export interface AskedWhereabouts {
  readonly space: SpaceKey;
  readonly author: DeviceId;
  readonly devices: readonly DeviceId[];
}

export interface ToldWhereabouts {
  readonly announced: Moments | null;
  readonly sentUpTo: Version;
  readonly devices: readonly { readonly device: DeviceId; readonly trail: Trail }[];
}

function questionToBytes({ space, author, devices }: AskedWhereabouts): Uint8Array {
  const proto = { tenant: tenantOf(space), space: spaceOf(space), author, devices: [...devices] };
  return encode(WhereaboutsQuestion, proto);
}

function questionFromProto({
  tenant,
  space,
  author,
  devices,
}: WhereaboutsQuestion): Answer<AskedWhereabouts> {
  return reading('', (at) => ({
    space: spaceKeyFromProto(tenant, space, at, at),
    author: idIn<DeviceId>(at, 'author', author),
    devices: each(at, 'devices', devices, (device, place) => idIn<DeviceId>(place, '', device)),
  }));
}

function answerToBytes({ announced, sentUpTo, devices }: ToldWhereabouts): Uint8Array {
  return encode(WhereaboutsAnswer, {
    announced: announced === null ? undefined : momentsToProto(announced),
    sentUpTo,
    devices: devices.map(({ device, trail }) => ({
      device,
      sent: momentsToProto(trail.sent),
      stored: momentsToProto(trail.stored),
    })),
  });
}

function answerFromProto({ announced, sentUpTo, devices }: WhereaboutsAnswer): Answer<ToldWhereabouts> {
  return reading('', (at) => ({
    announced: announced === undefined ? null : momentsFromProto(announced, inside(at, 'announced')),
    sentUpTo: whole(at, 'sent_up_to', sentUpTo),
    devices: each(at, 'devices', devices, trailFromProto),
  }));
}

function trailFromProto(proto: DeviceTrail, at: Place) {
  const momentsIn = (name: 'sent' | 'stored'): Moments =>
    momentsFromProto(partOf(at, name, proto[name], ProtoMoments), inside(at, name));
  return {
    device: idIn<DeviceId>(at, 'device', proto.device),
    trail: { sent: momentsIn('sent'), stored: momentsIn('stored') },
  };
}

function momentsToProto({ since, marks }: Moments): ProtoMoments {
  return { since, marks: [...(marks ?? [])] };
}

function momentsFromProto({ since, marks }: ProtoMoments, at: Place): Moments {
  if (marks.length % 2 === 1) wrong(at, 'marks', 'must be versions with their times');
  const read = marks.map((mark, index) => whole(inside(at, 'marks'), index, mark));
  return { since: whole(at, 'since', since), marks: read.length === 0 ? null : read };
}

/** As adapters take it. */
export const whereaboutsCodec = {
  question: {
    encode: questionToBytes,
    decode: (bytes: Uint8Array): AskedWhereabouts | null =>
      valueOrNull(then(decode(WhereaboutsQuestion, bytes), questionFromProto)),
  },
  answer: {
    encode: answerToBytes,
    decode: (bytes: Uint8Array): ToldWhereabouts | null =>
      valueOrNull(then(decode(WhereaboutsAnswer, bytes), answerFromProto)),
  },
};
