import { gunzipSync, gzipSync } from 'node:zlib';
import {
  DEFAULT_LIMITS,
  type DeviceMessage,
  type PageEntry,
  type Scope,
  type ServerMessage,
  sessionLimits,
  WHOLE_SPACE,
} from '@syncline/core';
import {
  anyChange,
  anyDeviceMessage,
  anyEntry,
  anyServerMessage,
  anySpace,
  anyUint32,
} from '@syncline/port-contracts';
import { DeviceMessage as ProtoDeviceMessage, ServerMessage as ProtoServerMessage } from '@syncline/proto';
import fc from 'fast-check';
import type { Compressor } from './compressor';
import { deviceMessageFromBytes, deviceMessageFromProto, deviceMessageToProto } from './device-message';
import { decodeJson, encode } from './encoding';
import { encodeEntries, encodePackedEntries, pageBytes, pageMessageBytes } from './pages';
import { packedPushToProto } from './push';
import {
  serverMessageFromBytes,
  serverMessageFromProto,
  serverMessagesFromBytes,
  serverMessageToProto,
} from './server-message';
import { serverMessageThroughWire, throughWire } from './wire-trip';

const gzip: Compressor = {
  name: 'gzip',
  unpackedBytesMax: DEFAULT_LIMITS.messageBytesMax,
  pack: (bytes) => new Uint8Array(gzipSync(bytes)),
  unpack: (packed, bytesMax) => new Uint8Array(gunzipSync(packed, { maxOutputLength: bytesMax })),
};

const granted = <Value>(value: Value) => ({ ok: true, value });

describe('what is said arrives', () => {
  test('every message of a device, through bytes', () => {
    fc.assert(
      fc.property(anyDeviceMessage, (message) => {
        expect(throughWire(message)).toEqual(message);
      }),
      { numRuns: 400 },
    );
  });

  test('every message of the server, through bytes', () => {
    fc.assert(
      fc.property(anyServerMessage, (message) => {
        expect(serverMessageThroughWire(message)).toEqual(message);
      }),
      { numRuns: 400 },
    );
  });

  test('both, through JSON', () => {
    fc.assert(
      fc.property(anyDeviceMessage, anyServerMessage, (device, server) => {
        const deviceJson = JSON.stringify(ProtoDeviceMessage.toJSON(deviceMessageToProto(device)));
        const serverJson = JSON.stringify(ProtoServerMessage.toJSON(serverMessageToProto(server)));
        const deviceRead = decodeJson(ProtoDeviceMessage, JSON.parse(deviceJson));
        const serverRead = decodeJson(ProtoServerMessage, JSON.parse(serverJson));
        expect(deviceRead.ok && deviceMessageFromProto(deviceRead.value)).toEqual(granted(device));
        expect(serverRead.ok && serverMessageFromProto(serverRead.value)).toEqual(granted(server));
      }),
    );
  });

  test('the arbitraries speak of every kind', () => {
    const devices = fc.sample(anyDeviceMessage, { numRuns: 400, seed: 1 });
    const servers = fc.sample(anyServerMessage, { numRuns: 400, seed: 1 });
    const deviceKinds: Record<DeviceMessage['kind'], true> = {
      hello: true,
      subscribe: true,
      push: true,
      ack: true,
      presence: true,
      authenticate: true,
      unsubscribe: true,
      goodbye: true,
    };
    const serverKinds: Record<ServerMessage['kind'], true> = {
      welcome: true,
      subscribed: true,
      page: true,
      checkpoint: true,
      outcomes: true,
      plan: true,
      presence: true,
      pace: true,
      reset: true,
      notice: true,
      authenticated: true,
      refusal: true,
    };
    expect(new Set(devices.map(({ kind }) => kind))).toEqual(new Set(Object.keys(deviceKinds)));
    expect(new Set(servers.map(({ kind }) => kind))).toEqual(new Set(Object.keys(serverKinds)));
  });

  test('a message that cannot arrive is a fault of its maker', () => {
    expect(() => throughWire({ kind: 'authenticate', token: 'fine' })).not.toThrow();
    expect(() => throughWire({ kind: 'unsubscribe', space: '' as never })).toThrow(
      'unsubscribe.space must not be empty',
    );
  });

  test('text that a byte order mark leads, and Node buffers, come out as they went in', () => {
    const message = { kind: 'authenticate', token: '\ufefftoken' } as const;
    const bytes = Buffer.from(encode(ProtoDeviceMessage, deviceMessageToProto(message)));
    expect(deviceMessageFromBytes(bytes)).toEqual(granted(message));
    const ack = { kind: 'ack', space: 'home' as never, cursor: new Uint8Array([1]) } as const;
    const read = deviceMessageFromBytes(Buffer.from(encode(ProtoDeviceMessage, deviceMessageToProto(ack))));
    expect(read.ok && read.value.kind === 'ack' && read.value.cursor.constructor === Uint8Array).toBe(true);
  });
});

describe('a scope', () => {
  test.each<Partial<Scope>>([
    { collections: ['rooms' as never] },
    { idPrefix: 'r' },
    { changedFromMs: 0 },
    { changedToMs: 0 },
    { includeDeleted: true },
    { fields: [{ field: 'floor', json: '3' }] },
  ])('with %j alone is not the whole space', (part) => {
    const scope = { ...WHOLE_SPACE, ...part };
    const rest = { cursor: null, mode: 'bidirectional', digests: new Map(), pending: [], tag: 0 } as const;
    const subscribe = { kind: 'subscribe', space: 'home' as never, scope, ...rest } as const;
    expect(throughWire(subscribe)).toEqual(subscribe);
  });
});

describe('the limits of a session', () => {
  test('are all told, but for those of what is not served', () => {
    const welcomes = fc
      .sample(anyServerMessage, { numRuns: 400, seed: 1 })
      .filter((message) => message.kind === 'welcome');
    expect(welcomes.length).toBeGreaterThan(0);
    for (const welcome of welcomes) {
      const told = serverMessageToProto({ ...welcome, limits: sessionLimits(DEFAULT_LIMITS) });
      const { limits } = told.message!.$case === 'welcome' ? told.message.welcome : { limits: undefined };
      const zeros = Object.entries(limits!).flatMap(([name, limit]) => (limit === 0 ? [name] : []));
      expect(zeros).toEqual(['presenceBytesMax', 'presenceIntervalMsMin']);
    }
  });
});

describe('the life of a token', () => {
  test.each([
    [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
    [0, 1],
    [-5, 1],
    [60_000, 60_000],
  ])('of %d ms is never taken for an endless one', (given, expiresInMs) => {
    expect(serverMessageThroughWire({ kind: 'authenticated', expiresInMs: given })).toEqual({
      kind: 'authenticated',
      expiresInMs,
    });
  });
});

describe('pages', () => {
  const cursor = new Uint8Array([1, 2, 3]);
  const anyEntries = fc.array(anyEntry, { maxLength: 6 });

  test('encoded once, they take every device’s own cursor', () => {
    fc.assert(
      fc.property(anySpace, anyEntries, fc.uint8Array({ maxLength: 64 }), (space, entries, own) => {
        const shared = encodeEntries({ space, live: { from: 6, to: 7 } }, entries);
        const message: ServerMessage = { kind: 'page', space, entries, cursor: own };
        expect(serverMessageFromBytes(pageMessageBytes(shared, own))).toEqual(granted(message));
        const page = pageBytes(shared, own);
        expect(pageMessageBytes(shared, own).subarray(-page.length)).toEqual(page);
      }),
    );
  });

  test('without the versions of a live page it is the message that is sent to one device', () => {
    fc.assert(
      fc.property(anySpace, anyEntries, (space, entries) => {
        const one = encode(
          ProtoServerMessage,
          serverMessageToProto({ kind: 'page', space, entries, cursor }),
        );
        expect(pageMessageBytes(encodeEntries({ space }, entries), cursor)).toEqual(one);
      }),
    );
  });

  test('packed, they are smaller and say the same', () => {
    const entries = fc.sample(anyEntry, { numRuns: 50, seed: 3 });
    const similar = [...entries, ...entries];
    const packed = encodePackedEntries({ space: 'home' as never }, similar, gzip, 1_024)!;
    expect(packed.length).toBeLessThan(encodeEntries({ space: 'home' as never }, similar).length * 0.75);
    expect(serverMessageFromBytes(pageMessageBytes(packed, cursor), gzip)).toEqual(
      granted({ kind: 'page', space: 'home', entries: similar, cursor }),
    );
  });

  test('are not packed when they are small or do not get smaller', () => {
    const entry: PageEntry = fc.sample(anyEntry, { numRuns: 1, seed: 1 })[0]!;
    expect(encodePackedEntries({ space: 'home' as never }, [entry], gzip, 10_000)).toBeNull();
    expect(encodePackedEntries({ space: 'home' as never }, [], gzip, 0)).toBeNull();
  });

  test('packed in a way that was not agreed on, or to more than they may, are refused', () => {
    const similar = Array.from({ length: 50 }, () => fc.sample(anyEntry, { numRuns: 1, seed: 5 })[0]!);
    const packed = encodePackedEntries({ space: 'home' as never }, similar, gzip, 0)!;
    const bytes = pageMessageBytes(packed, cursor);
    const refusedAt = (compressor: Compressor | null) => {
      const answer = serverMessagesFromBytes(bytes, compressor);
      return answer.ok ? null : answer.refusal.violations[0]?.field;
    };
    expect(refusedAt(null)).toBe('page.compression');
    expect(refusedAt({ ...gzip, name: 'zstd' })).toBe('page.compression');
    expect(refusedAt({ ...gzip, unpackedBytesMax: 100 })).toBe('page.uncompressed_bytes');
    expect(refusedAt({ ...gzip, unpack: () => new Uint8Array(3) })).toBe('page.uncompressed_bytes');
    expect(refusedAt({ ...gzip, unpack: (_, bytesMax) => gzip.unpack(new Uint8Array(9), bytesMax) })).toBe(
      'page.uncompressed_bytes',
    );
    expect(refusedAt(gzip)).toBeNull();
  });
});

describe('a packed push', () => {
  test('says the same', () => {
    fc.assert(
      fc.property(anySpace, fc.array(anyChange, { minLength: 1, maxLength: 8 }), (space, changes) => {
        const push = packedPushToProto({ space, changes: [...changes, ...changes] }, gzip);
        const bytes = encode(ProtoDeviceMessage, { message: { $case: 'push', push } });
        expect(deviceMessageFromBytes(bytes, gzip)).toEqual(
          granted({ kind: 'push', space, changes: [...changes, ...changes] }),
        );
      }),
    );
  });
});

describe('numbers that the wire cannot carry', () => {
  test('become the nearest that it can', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), anyUint32, (changesRemaining, nextPollMs) => {
        const pace = { pushChangesMax: 1, pushBytesMax: 2, delayMs: 3, nextPollMs, changesRemaining };
        const arrived = serverMessageThroughWire({ kind: 'pace', ...pace });
        expect(arrived).toMatchObject({ kind: 'pace', nextPollMs });
        if (Number.isInteger(changesRemaining) && changesRemaining >= 0 && changesRemaining < 2 ** 32)
          expect(arrived).toMatchObject({ changesRemaining: Math.abs(changesRemaining) });
      }),
    );
  });
});
