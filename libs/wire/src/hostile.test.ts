import { type Answer, type DeviceMessage, REASONS } from '@syncline/core';
import { anyChange, anyDeviceMessage, anyServerMessage } from '@syncline/port-contracts';
import type { Mode } from '@syncline/proto';
import {
  BinaryWriter,
  Caller,
  Change,
  DeviceMessage as ProtoDeviceMessage,
  Hello,
  Presence,
  PresenceUpdate,
  Push,
  ServerMessage as ProtoServerMessage,
  StatusRequest,
  Subscribe,
} from '@syncline/proto';
import fc from 'fast-check';
import { announcementFromBytes } from './announcements';
import { deviceMessageFromBytes, deviceMessageFromProto, deviceMessageToBytes } from './device-message';
import { decodeJson, encode } from './encoding';
import { followCallFromProto } from './followed-changes';
import { VIOLATIONS_MAX } from './place';
import { savedSessionFromBytes } from './saved-sessions';
import {
  serverMessageFromBytes,
  serverMessagesFromBytes,
  serverMessagesFromProto,
  serverMessageToBytes,
} from './server-message';

const isAnswer = (answer: Answer<unknown>) =>
  answer.ok ? answer.value !== undefined : Object.hasOwn(REASONS, answer.refusal.reason);

interface Blow {
  readonly at: number;
  readonly byte: number;
  readonly how: 'flip' | 'cut' | 'insert' | 'drop';
}

const anyBlows = fc.array(
  fc.record<Blow>({
    at: fc.nat(4_000),
    byte: fc.integer({ min: 0, max: 255 }),
    how: fc.constantFrom('flip', 'cut', 'insert', 'drop'),
  }),
  { minLength: 1, maxLength: 5 },
);

function beaten(bytes: Uint8Array, blows: readonly Blow[]): Uint8Array {
  return new Uint8Array(
    blows.reduce<number[]>(
      (left, { at, byte, how }) => {
        const index = left.length === 0 ? 0 : at % left.length;
        if (how === 'cut') return left.slice(0, index);
        if (how === 'drop') return left.toSpliced(index, 1);
        return left.toSpliced(index, how === 'flip' ? 1 : 0, byte);
      },
      [...bytes],
    ),
  );
}

describe('bytes from anywhere', () => {
  test('damaged messages of a device are read or refused, never thrown', () => {
    fc.assert(
      fc.property(anyDeviceMessage, anyBlows, (message, blows) => {
        expect(isAnswer(deviceMessageFromBytes(beaten(deviceMessageToBytes(message), blows)))).toBe(true);
      }),
      { numRuns: 1_500 },
    );
  });

  test('damaged messages of a server as well', () => {
    fc.assert(
      fc.property(anyServerMessage, anyBlows, (message, blows) => {
        expect(isAnswer(serverMessagesFromBytes(beaten(serverMessageToBytes(message), blows)))).toBe(true);
      }),
      { numRuns: 1_500 },
    );
  });

  test('so is anything else, and by every reader of bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        for (const read of [
          deviceMessageFromBytes,
          serverMessageFromBytes,
          announcementFromBytes,
          savedSessionFromBytes,
        ])
          expect(isAnswer(read(bytes))).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  test('and any JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        expect(isAnswer(decodeJson(ProtoDeviceMessage, json))).toBe(true);
        expect(isAnswer(decodeJson(ProtoDeviceMessage, { push: json }))).toBe(true);
        const read = decodeJson(ProtoDeviceMessage, { push: { space: 'home', changes: [{ number: json }] } });
        expect(!read.ok || isAnswer(deviceMessageFromProto(read.value))).toBe(true);
      }),
    );
  });

  test.each<[string, unknown]>([
    ['negative', { hello: { protocolMin: -1 } }],
    ['not whole', { subscribe: { space: 'home', tag: 1.5 } }],
    ['beyond every number', { hello: { protocolMin: Infinity } }],
    ['beyond its field', { hello: { protocolMax: 2 ** 32 } }],
    ['beyond 64 bits', { hello: { deviceTimeMs: 1e300 } }],
    ['written as such a text', { push: { changes: [{ number: '99999999999999999999999' }] } }],
    ['in a map', { hello: { schemaVersions: { constructor: -1 } } }],
  ])('a number in JSON that is %s is refused, as it could not be passed on', (_, json) => {
    expect(decodeJson(ProtoDeviceMessage, json)).toMatchObject({ refusal: { reason: 'INVALID_ARGUMENT' } });
  });

  test('names that every object has do nothing in JSON', () => {
    const given = JSON.parse(
      '{"__proto__":{"push":{"space":"x"}},"hello":{"device":{"id":"d","__proto__":{"name":"evil"}},"schemaVersions":{"__proto__":1}}}',
    ) as unknown;
    const read = decodeJson(ProtoDeviceMessage, given);
    expect(read.ok && read.value.message?.$case).toBe('hello');
    expect(read.ok && deviceMessageFromProto(read.value)).toMatchObject({
      refusal: { violations: [{ field: 'hello.schema_versions.__proto__' }] },
    });
    expect(({} as Record<string, unknown>)['name']).toBeUndefined();
  });

  describe('millions of parts in one message', () => {
    /** Two bytes each, read as an empty part of the field. */
    const parts = (kind: number, field: number, count: number) => {
      const inner = new Uint8Array(2 * count).fill((field << 3) | 2);
      for (let at = 1; at < inner.length; at += 2) inner[at] = 0;
      return new BinaryWriter()
        .uint32((kind << 3) | 2)
        .bytes(inner)
        .finish();
    };

    test('are not even read', () => {
      const changes = parts(4, 2, 2_000_000);
      expect(deviceMessageFromBytes(changes)).toMatchObject({ refusal: { reason: 'INVALID_ARGUMENT' } });
    });

    test('cost their sender no more than a few words about the first', () => {
      const read = deviceMessageFromBytes(parts(4, 2, 100_000));
      expect(read.ok ? 0 : read.refusal.violations.length).toBe(VIOLATIONS_MAX);
    });
  });

  test('groups within groups end', () => {
    const deep = new Uint8Array(100_000).fill((15 << 3) | 3);
    expect(deviceMessageFromBytes(deep).ok).toBe(false);
  });

  test('a length beyond the end, text that is not UTF-8, and bytes left over are refused', () => {
    const space = (bytes: readonly number[]) =>
      new Uint8Array([(8 << 3) | 2, bytes.length + 2, 10, bytes.length, ...bytes]);
    expect(deviceMessageFromBytes(space([0x68, 0x69])).ok).toBe(true);
    expect(deviceMessageFromBytes(space([0x68, 0xff])).ok).toBe(false);
    expect(deviceMessageFromBytes(space([0x68, 0x69]).with(3, 100)).ok).toBe(false);
    expect(deviceMessageFromBytes(new Uint8Array([...space([0x68, 0x69]), 0, 1, 2])).ok).toBe(false);
  });
});

function refusalOf(proto: ProtoDeviceMessage['message']) {
  const answer = deviceMessageFromProto({ message: proto });
  return answer.ok ? null : answer.refusal;
}

describe('what is wrong with a message', () => {
  test('a kind that is not known is said to be so', () => {
    const newer = new BinaryWriter()
      .uint32((30 << 3) | 2)
      .bytes(new Uint8Array([1]))
      .finish();
    expect(deviceMessageFromBytes(newer)).toMatchObject({ refusal: { reason: 'UNKNOWN_MESSAGE' } });
    expect(deviceMessageFromBytes(new Uint8Array(0))).toMatchObject({
      refusal: { reason: 'UNKNOWN_MESSAGE' },
    });
  });

  test('is said all at once, each with its field', () => {
    const hello = Hello.create({
      device: { id: 'a\u0000b' },
      deviceTimeMs: -1,
      state: { batteryPercent: 101 },
      tenant: 'Not Good',
      schemaVersions: new Map([['Rooms', 1]]),
    });
    const refusal = refusalOf({ $case: 'hello', hello });
    expect(refusal?.reason).toBe('INVALID_ARGUMENT');
    expect(refusal?.violations.map(({ field }) => field)).toEqual([
      'hello.tenant',
      'hello.device.id',
      'hello.state.battery_percent',
      'hello.device_time_ms',
      'hello.schema_versions.Rooms',
    ]);
  });

  test('where it is only names, the reason says so', () => {
    const unsubscribe = { space: 'a\nb' };
    expect(refusalOf({ $case: 'unsubscribe', unsubscribe })).toMatchObject({
      reason: 'INVALID_ID',
      violations: [{ field: 'unsubscribe.space', description: 'must not hold control characters' }],
    });
  });

  test('a subscription’s mode, digests and bounds', () => {
    const digest = {
      collection: 'rooms',
      count: 1,
      versions: new Uint8Array(8),
      contents: new Uint8Array(3),
    };
    const subscribe = Subscribe.create({
      space: 'home',
      mode: 9 as Mode,
      scope: { collections: ['rooms', '9'], changedFromMs: -5 },
      digests: [digest, { ...digest, contents: new Uint8Array(8) }],
    });
    expect(refusalOf({ $case: 'subscribe', subscribe })?.violations.map(({ field }) => field)).toEqual([
      'subscribe.scope.collections[1]',
      'subscribe.scope.changed_from_ms',
      'subscribe.mode',
      'subscribe.digests[0].contents',
      'subscribe.digests[1].collection',
    ]);
  });

  test('a device that calls itself what only the service may be called', () => {
    const hello = Hello.create({ device: { id: 'sys.service' } });
    const description = 'must not begin with sys.';
    const violations = [{ field: 'hello.device.id', description }];
    expect(refusalOf({ $case: 'hello', hello })).toMatchObject({ reason: 'INVALID_ID', violations });
    const caller = Caller.create({ device: 'sys.service' });
    expect(followCallFromProto(StatusRequest.create({ space: 's', numbers: [1], caller }))).toMatchObject({
      refusal: { violations: [{ field: 'caller.device', description }] },
    });
  });

  test('a clock beyond what its readings can hold', () => {
    const hello = Hello.create({ device: { id: 'phone' }, deviceTimeMs: Number.MAX_SAFE_INTEGER });
    expect(refusalOf({ $case: 'hello', hello })?.violations).toEqual([
      { field: 'hello.device_time_ms', description: 'must be at most 8796093022207' },
    ]);
  });

  test('a mode that is not told is both ways', () => {
    const answer = deviceMessageFromProto({
      message: { $case: 'subscribe', subscribe: Subscribe.create({ space: 'home' }) },
    });
    expect(answer).toMatchObject({ ok: true, value: { mode: 'bidirectional', cursor: null } });
  });

  test('a signed message is refused where codes were not agreed on', () => {
    const signed = { message: new Uint8Array(1), keyId: 'k', sequence: 1, mac: new Uint8Array(32) };
    expect(refusalOf({ $case: 'signed', signed })?.reason).toBe('CAPABILITY_REQUIRED');
    expect(serverMessagesFromProto({ message: { $case: 'signed', signed } }).ok).toBe(false);
  });
});

describe('one bad change', () => {
  const good = Change.create({
    number: 1,
    collection: 'rooms',
    id: 'r1',
    kind: { $case: 'delete', delete: {} },
  });
  const pushed = (changes: readonly Change[]): Answer<DeviceMessage> =>
    deviceMessageFromProto({
      message: { $case: 'push', push: Push.create({ space: 'home', changes: [...changes] }) },
    });

  test.each<[string, Partial<Change>]>([
    ['an id with control characters', { id: 'a\u0000b' }],
    ['no id', { id: '' }],
    ['a collection that is none', { collection: 'Not A Collection' }],
    ['a time before all times', { time: -1 }],
    ['a base version from nowhere', { baseVersion: Number.MAX_SAFE_INTEGER }],
    [
      'a payload that is not JSON',
      { kind: { $case: 'create', create: { payload: new Uint8Array([0xff]) } } },
    ],
    ['an order that cannot be', { after: 99 }],
    ['a name that resolves nothing', { resolves: ['', 'a\u0000b'] }],
    ['a trace that cannot be continued', { traceparent: 'x\u0000y' }],
  ])('with %s leaves the push as it is: the merge rejects that one', (_, wrong) => {
    const answer = pushed([good, { ...good, number: 2, ...wrong }, { ...good, number: 3 }]);
    expect(answer.ok && answer.value.kind === 'push' && answer.value.changes.length).toBe(3);
  });

  test('has a trace of its own, or none', () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    expect(pushed([{ ...good, traceparent }])).toMatchObject({
      value: { changes: [{ trace: traceparent }] },
    });
    expect(pushed([{ ...good, traceparent: 'mine' }])).toMatchObject({ value: { changes: [{ trace: '' }] } });
  });

  test('that relies on what is not served keeps saying so', () => {
    const answer = pushed([
      { ...good, artifacts: [new Uint8Array(32)] },
      { ...good, number: 2, seen: [{ device: 'phone', number: 3 }] },
      { ...good, number: 3, dependencies: new Map([['phone', 3]]) },
    ]);
    const told = answer.ok && answer.value.kind === 'push' ? answer.value.changes : [];
    expect(told.map(({ reliesOn }) => reliesOn)).toMatchObject([
      { artifacts: [expect.any(Uint8Array)] },
      { seen: [{ device: 'phone', number: 3 }] },
      { dependencies: new Map([['phone', 3]]) },
    ]);
  });

  test('that is no change at all is refused by its place', () => {
    const answer = pushed([good, { ...good, number: 0 }, good, { ...good, number: 4, kind: undefined }]);
    expect(answer.ok ? [] : answer.refusal.violations.map(({ field }) => field)).toEqual([
      'push.changes[1].number',
      'push.changes[3].kind',
    ]);
  });

  test('and a thousand good ones are read', () => {
    const [change] = fc.sample(anyChange, { numRuns: 1, seed: 8 });
    const changes = Array.from({ length: 1_000 }, (_, index) => ({ ...change!, number: index + 1 }));
    const read = deviceMessageFromBytes(
      deviceMessageToBytes({ kind: 'push', space: 'home' as never, changes }),
    );
    expect(read.ok && read.value.kind === 'push' && read.value.changes.at(-1)?.number).toBe(1_000);
  });
});

test('presence takes a few words and no more: everyone in the space is told them', () => {
  const said = (message: string) =>
    deviceMessageFromBytes(
      encode(ProtoDeviceMessage, {
        message: { $case: 'presence', presence: Presence.create({ space: 'home', message }) },
      }),
    );
  expect(said('ü'.repeat(127)).ok).toBe(true);
  expect(said('ü'.repeat(128))).toMatchObject({ refusal: { violations: [{ field: 'presence.message' }] } });
});

test('data that presence would carry to nobody is refused, not dropped', () => {
  const presence = Presence.create({ space: 'home', data: new Uint8Array([1]) });
  const bytes = encode(ProtoDeviceMessage, { message: { $case: 'presence', presence } });
  expect(deviceMessageFromBytes(bytes)).toMatchObject({
    refusal: { reason: 'INVALID_ARGUMENT', violations: [{ field: 'presence.data' }] },
  });
});

describe('what a newer server says', () => {
  test('in a message or notice of unknown kind is passed over', () => {
    expect(serverMessagesFromProto({ message: undefined })).toEqual({ ok: true, value: [] });
    const notice = { kind: 99 as never, space: '', afterMs: 0, message: '', facts: new Map() };
    expect(serverMessagesFromProto({ message: { $case: 'notice', notice } })).toEqual({
      ok: true,
      value: [],
    });
    expect(serverMessageFromBytes(new Uint8Array(0))).toMatchObject({
      refusal: { reason: 'UNKNOWN_MESSAGE' },
    });
  });

  test('about several devices is several messages', () => {
    const presence = PresenceUpdate.create({
      space: 'home',
      devices: [
        { device: 'phone', user: 'ann' },
        { device: 'tablet', user: 'ben' },
      ],
      complete: true,
    });
    const bytes = encode(ProtoServerMessage, { message: { $case: 'presence', presence } });
    expect(serverMessagesFromBytes(bytes)).toMatchObject({
      ok: true,
      value: [
        { kind: 'presence', device: 'phone', status: 'online' },
        { kind: 'presence', device: 'tablet', user: 'ben' },
      ],
    });
  });
});
