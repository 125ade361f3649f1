import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type Reason, refusal, REASONS } from '@syncline/core';
import { anyRefusal } from '@syncline/port-contracts';
import type { Status } from '@syncline/proto';
import {
  Any,
  BadRequest,
  ErrorInfo,
  Refusal as ProtoRefusal,
  RequestInfo,
  RetryInfo,
  ServerMessage,
} from '@syncline/proto';
import fc from 'fast-check';
import { encode } from './encoding';
import { REASON_TABLE, STATUS_CODES } from './reasons';
import { serverMessageFromBytes } from './server-message';
import { bugStatus, refusalToStatus, statusFromBytes, statusToBytes, statusToRefusal } from './status';

const through = (status: Status) => statusFromBytes(statusToBytes(status), 2, 'unreadable');
const typesOf = ({ details }: Status) => details.map(({ typeUrl }) => typeUrl.split('/').at(-1));

describe('the table of reasons', () => {
  test('says what the protocol’s comments say', () => {
    const proto = readFileSync(path.resolve(__dirname, '../../../proto/syncline/v1/errors.proto'), 'utf8');
    const written = [...proto.matchAll(/Code: (\w+)\. Advice: (\w+)\.\n\s+ERROR_REASON_(\w+) = \d+;/g)].map(
      ([, code, advice, reason]) => [reason, { code, advice }],
    );
    expect(Object.fromEntries(written)).toEqual(REASON_TABLE);
    expect(written).toHaveLength(Object.keys(REASONS).length);
  });
});

describe('a refusal as a status', () => {
  test('arrives as it was', () => {
    fc.assert(
      fc.property(
        anyRefusal.filter(({ reason, facts }) => reason !== 'INTERNAL' && !Object.hasOwn(facts, 'advice')),
        (given) => {
          const status = refusalToStatus(given);
          expect(status.code).toBe(STATUS_CODES[REASON_TABLE[given.reason].code]);
          expect(statusToRefusal(through(status))).toEqual(given);
        },
      ),
    );
  });

  test('names its reason, domain, facts and advice', () => {
    const status = refusalToStatus(refusal('CHANGE_NUMBER_GAP', { facts: { expected: '7' } }));
    const info = ErrorInfo.decode(status.details[0]!.value);
    expect(info).toEqual({
      reason: 'CHANGE_NUMBER_GAP',
      domain: 'syncline',
      metadata: new Map([
        ['expected', '7'],
        ['advice', 'CORRECT'],
      ]),
    });
    expect(typesOf(status)).toEqual(['google.rpc.ErrorInfo']);
  });

  test('has all violations, and a delay only where there is one', () => {
    const violations = [
      { field: 'a', description: 'x' },
      { field: 'b[1]', description: 'y' },
    ];
    const wrong = refusalToStatus(refusal('INVALID_ARGUMENT', { violations }));
    expect(typesOf(wrong)).toEqual(['google.rpc.ErrorInfo', 'google.rpc.BadRequest']);
    expect(BadRequest.decode(wrong.details[1]!.value).fieldViolations).toEqual(violations);
    const later = refusalToStatus(refusal('RATE_LIMITED', { retryAfterMs: 1_500 }));
    expect(typesOf(later)).toEqual(['google.rpc.ErrorInfo', 'google.rpc.RetryInfo']);
    expect(RetryInfo.decode(later.details[1]!.value).retryDelay).toEqual({ seconds: 1, nanos: 500_000_000 });
    expect(typesOf(refusalToStatus(refusal('RATE_LIMITED', { retryAfterMs: 0 })))).toContain(
      'google.rpc.RetryInfo',
    );
  });

  test('of a bug says nothing about it', () => {
    const told = refusalToStatus(
      refusal('INTERNAL', { message: 'duplicate key in records', facts: { row: '7' } }),
    );
    expect(told).toEqual(bugStatus());
    expect(told).toEqual({ code: 13, message: REASONS.INTERNAL, details: [] });
    expect(statusToRefusal(told)).toEqual(refusal('INTERNAL'));
  });

  test('of a bug in a trace says where it is found', () => {
    const told = refusalToStatus({ ...refusal('INTERNAL', { facts: { row: '7' } }), trace: 'ab'.repeat(16) });
    expect(typesOf(told)).toEqual(['google.rpc.RequestInfo']);
    expect(statusToRefusal(through(told))).toEqual({ ...refusal('INTERNAL'), trace: 'ab'.repeat(16) });
  });
});

describe('a status from elsewhere', () => {
  test.each<[number, Reason]>([
    [3, 'INVALID_ARGUMENT'],
    [4, 'DEADLINE_EXCEEDED'],
    [7, 'PERMISSION_DENIED'],
    [8, 'RATE_LIMITED'],
    [12, 'VERSION_MISMATCH'],
    [13, 'INTERNAL'],
    [14, 'UNAVAILABLE'],
    [16, 'UNAUTHENTICATED'],
    [1, 'UNAVAILABLE'],
    [99, 'UNAVAILABLE'],
  ])('with code %i and no reason of ours is %s', (code, reason) => {
    expect(statusToRefusal({ code, message: 'upstream', details: [] })).toEqual(
      refusal(reason, { message: 'upstream' }),
    );
  });

  test('with another domain’s reason is taken by its code', () => {
    const info = ErrorInfo.create({ reason: 'RATE_LIMITED', domain: 'proxy.example' });
    const details = [Any.create({ typeUrl: 'x/google.rpc.ErrorInfo', value: encode(ErrorInfo, info) })];
    expect(statusToRefusal({ code: 14, message: '', details }).reason).toBe('UNAVAILABLE');
  });

  test('with the id of a request that is no trace names no trace', () => {
    const info = RequestInfo.create({ requestId: 'req-1700' });
    const details = [Any.create({ typeUrl: 'x/google.rpc.RequestInfo', value: encode(RequestInfo, info) })];
    expect(statusToRefusal({ code: 14, message: '', details })).toEqual(refusal('UNAVAILABLE'));
  });

  test('with a reason newer than this code is taken by its advice', () => {
    const withAdvice = (advice: string) => {
      const info = ErrorInfo.create({
        reason: 'FROM_THE_FUTURE',
        domain: 'syncline',
        metadata: new Map([['advice', advice]]),
      });
      const details = [Any.create({ typeUrl: 'x/google.rpc.ErrorInfo', value: encode(ErrorInfo, info) })];
      return statusToRefusal({ code: 9, message: 'm', details }).reason;
    };
    expect(withAdvice('START_OVER')).toBe('INVALID_SYNC_STATE');
    expect(withAdvice('RETRY')).toBe('UNAVAILABLE');
    expect(withAdvice('DANCE')).toBe('PERMISSION_DENIED');
  });

  test('that cannot be read keeps the call’s own code', () => {
    expect(statusFromBytes(new Uint8Array([0xff]), 14, 'gone')).toEqual({
      code: 14,
      message: 'gone',
      details: [],
    });
  });

  test('a refusal inside a session is taken by its advice in the same way', () => {
    const newer = ProtoRefusal.create({ reason: 9_999 as never, advice: 5, about: 'dance' });
    const bytes = encode(ServerMessage, { message: { $case: 'refusal', refusal: newer } });
    expect(serverMessageFromBytes(bytes)).toMatchObject({
      value: { refusal: { reason: 'CHANGE_NUMBER_REUSED' }, about: null, space: null },
    });
  });
});
