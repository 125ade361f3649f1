import { type DeviceId, REASONS, type Reason, refusal } from '@syncline/core';
import {
  anyDevice,
  anyDeviceMessage,
  anyNullable,
  anyOutcome,
  anyServerMessage,
  anySpace,
  anyText,
  anyWhole,
} from '@syncline/port-contracts';
import {
  DeviceMessage,
  PullRequest,
  ServerMessage,
  SpacesRequest,
  SpacesResponse,
  StatusRequest,
  StatusResponse,
} from '@syncline/proto';
import fc from 'fast-check';
import type { Caller } from './callers';
import { deviceMessageToProto } from './device-message';
import { type Codec, decode, decodeJson, encode } from './encoding';
import {
  followCallFromProto,
  followCallToProto,
  followedChangesFromProto,
  followedChangesToProto,
} from './followed-changes';
import { serverMessageToProto } from './server-message';
import {
  listedSpacesFromProto,
  listedSpacesToProto,
  spacesCallFromProto,
  spacesCallToProto,
} from './space-lists';
import { bugStatus, refusalToStatus, statusToRefusal } from './status';
import { statusFromJson, statusToJson } from './status-json';

const granted = <Value>(value: Value) => ({ ok: true, value });

function trip<Message>(codec: Codec<Message>, message: Message): Message {
  const read = decode(codec, encode(codec, message));
  if (!read.ok) throw new TypeError('what was just encoded does not decode');
  return read.value;
}

const caller: Caller = {
  device: 'd1' as DeviceId,
  tenant: null,
  protocol: null,
  capabilities: [],
  schemaVersions: new Map(),
  clockMs: null,
  condition: { link: 'unknown', batteryPercent: null },
};
const anyRole = fc.constantFrom('owner' as const, 'editor' as const, 'reader' as const);

describe('calls outside of a session', () => {
  test('which spaces there are', () => {
    const anyCall = fc.record({
      caller: fc.constant(caller),
      resultsMax: anyNullable(fc.integer({ min: 1, max: 1_000 })),
      after: anyNullable(anySpace),
    });
    const anyListed = fc.record({
      spaces: fc.array(fc.record({ space: anySpace, role: anyRole, head: anyWhole, epoch: anyWhole }), {
        maxLength: 3,
      }),
      next: anyNullable(anySpace),
    });
    fc.assert(
      fc.property(anyCall, anyListed, (call, listed) => {
        expect(spacesCallFromProto(trip(SpacesRequest, spacesCallToProto(call)))).toEqual(granted(call));
        expect(listedSpacesFromProto(trip(SpacesResponse, listedSpacesToProto(listed)))).toEqual(
          granted(listed),
        );
      }),
    );
    const nameless = SpacesRequest.create({ caller: { device: 'd1' }, after: '\n' });
    expect(spacesCallFromProto(nameless)).toMatchObject({ refusal: { reason: 'INVALID_ID' } });
  });

  test('where changes are', () => {
    const anyCall = fc.record({
      caller: fc.constant(caller),
      space: anySpace,
      device: anyNullable(anyDevice),
      numbers: fc.array(anyWhole, { maxLength: 4 }),
    });
    const anyProgress = fc.record({
      number: anyWhole,
      stage: fc.constantFrom(
        'unknown' as const,
        'committed' as const,
        'announced' as const,
        'delivered' as const,
        'acknowledged' as const,
      ),
      outcome: anyNullable(anyOutcome),
      version: anyWhole,
      committedAtMs: anyWhole,
      announcedAtMs: anyWhole,
      others: fc.array(
        fc.record({
          device: anyDevice,
          acknowledged: anyWhole,
          lastSeenMs: anyWhole,
          delivered: anyWhole,
          deliveredAtMs: anyWhole,
          acknowledgedAtMs: anyWhole,
        }),
        { maxLength: 2 },
      ),
      acknowledgedCount: fc.nat(),
      deviceCount: fc.nat(),
      traceId: fc.constantFrom('', 'a'.repeat(32)),
    });
    const anyFollowed = fc.record({
      changes: fc.array(anyProgress, { maxLength: 3 }),
      lastNumber: anyWhole,
      head: anyWhole,
    });
    fc.assert(
      fc.property(anyCall, anyFollowed, (call, followed) => {
        expect(followCallFromProto(trip(StatusRequest, followCallToProto(call)))).toEqual(granted(call));
        expect(followedChangesFromProto(trip(StatusResponse, followedChangesToProto(followed)))).toEqual(
          granted(followed),
        );
      }),
    );
    const stageless = StatusResponse.create({ changes: [{ number: 1 }] });
    expect(followedChangesFromProto(stageless)).toMatchObject({
      refusal: { violations: [{ field: 'changes[0].stage' }] },
    });
  });
});

describe('JSON', () => {
  test('of every message is of the right shape', () => {
    fc.assert(
      fc.property(anyDeviceMessage, anyServerMessage, (device, server) => {
        for (const [codec, proto] of [
          [DeviceMessage, deviceMessageToProto(device)],
          [ServerMessage, serverMessageToProto(server)],
        ] as const) {
          const json: unknown = JSON.parse(JSON.stringify(codec.toJSON(proto as never)));
          expect(decodeJson(codec as Codec<unknown>, json)).toEqual(granted(proto));
        }
      }),
    );
  });

  test('may name fields as the contract spells them, and give large numbers as text and enums as numbers', () => {
    const json = {
      space: 'home',
      acknowledged_cursor: '_-8',
      bytes_max: '17',
      caller: { device: 'd', state: { link: 1 } },
    };
    const read = decodeJson(PullRequest, json);
    expect(read).toMatchObject({ ok: true, value: { bytesMax: 17, caller: { state: { link: 1 } } } });
    expect(read.ok && [...read.value.acknowledgedCursor]).toEqual([255, 239]);
  });

  test.each([
    [{ push: { changes: [{ number: 1 }, { create: { payload: 'x' } }] } }, 'push.changes[1].create.payload'],
    [{ push: { changes: [{ create: { payload: 7 } }] } }, ''],
    [{ push: { changes: [null] } }, ''],
    [{ push: { changes: 'none' } }, 'push.changes'],
    [{ push: [] }, 'push'],
    [{ hello: { schema_versions: { notes: 'three' } } }, 'hello.schema_versions.notes'],
    [{ hello: { schemaVersions: [] } }, 'hello.schema_versions'],
    [{ ack: { cursor: 'YWI' + '!' } }, 'ack.cursor'],
    [{ ack: { cursor: 'YWJjZ' } }, 'ack.cursor'],
    [{ subscribe: { presence: 'false' } }, 'subscribe.presence'],
    [{ subscribe: { space: ['home'] } }, 'subscribe.space'],
    [7, ''],
  ])('of another shape is refused: %j', (json, field) => {
    const read = decodeJson(DeviceMessage, json);
    expect(read).toMatchObject({ ok: false, refusal: { reason: 'INVALID_ARGUMENT' } });
    if (field !== '') expect(read).toMatchObject({ refusal: { violations: [{ field }] } });
  });
});

describe('a status as JSON', () => {
  test('tells everything that the trailer tells', () => {
    const anyRefusal = fc.record({
      reason: fc.constantFrom(...(Object.keys(REASONS) as Reason[])).filter((each) => each !== 'INTERNAL'),
      message: anyText,
      violations: fc.array(fc.record({ field: anyText, description: anyText }), { maxLength: 2 }),
      retryAfterMs: anyNullable(fc.nat()),
      facts: fc.dictionary(fc.constantFrom('limit', 'allowed', 'value'), anyText, { noNullPrototype: true }),
    });
    fc.assert(
      fc.property(anyRefusal, (refused) => {
        const json: unknown = JSON.parse(JSON.stringify(statusToJson(refusalToStatus(refused))));
        const status = statusFromJson(json);
        expect(status && statusToRefusal(status)).toEqual(refused);
      }),
    );
  });

  test('is written as others write it', () => {
    const limited = refusal('RATE_LIMITED', {
      message: 'Slowly.',
      retryAfterMs: 1_250,
      violations: [{ field: 'a', description: 'b' }],
      facts: { limit: 'x' },
    });
    expect(statusToJson(refusalToStatus(limited))).toEqual({
      code: 8,
      message: 'Slowly.',
      details: [
        {
          '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
          reason: 'RATE_LIMITED',
          domain: 'syncline',
          metadata: { limit: 'x', advice: 'RETRY' },
        },
        {
          '@type': 'type.googleapis.com/google.rpc.BadRequest',
          fieldViolations: [{ field: 'a', description: 'b' }],
        },
        { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '1.25s' },
      ],
    });
    expect(statusToJson(bugStatus())).toEqual({ code: 13, message: REASONS.INTERNAL, details: [] });
  });

  test.each([null, 'text', [], {}, { code: 'eight' }])('%j is none', (json) => {
    expect(statusFromJson(json)).toBeNull();
  });

  test('of another server is taken as far as it goes', () => {
    const json = {
      code: 14,
      message: 'busy',
      details: [
        { '@type': 'type.googleapis.com/unheard.Of' },
        7,
        { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: 'soon' },
      ],
    };
    expect(statusToRefusal(statusFromJson(json)!)).toMatchObject({ reason: 'UNAVAILABLE', message: 'busy' });
  });
});
