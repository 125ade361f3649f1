import { Metadata, status as codes } from '@grpc/grpc-js';
import { type Reason, refusal } from '@syncline/core';
import { ErrorReason, Refusal } from '@syncline/proto';
import { refusedCall } from '@syncline/wire/grpc';
import { Refused } from './session';
import { lossOf } from './why-lost';

const ended = (code: number): Error =>
  Object.assign(new Error('ended'), { code, details: '', metadata: new Metadata() });

const refused = (reason: ErrorReason, retryAfterMs?: number): Error =>
  new Refused('phone', { ...Refusal.create(), reason, retryAfterMs });

const endedBy = (reason: Reason, retryAfterMs?: number): Error =>
  refusedCall(refusal(reason, retryAfterMs === undefined ? {} : { retryAfterMs }));

describe('the end of a session', () => {
  it('is no error where coming back later helps', () => {
    const shared = { isError: false, retryAfterMs: null };
    expect(lossOf(ended(codes.UNAVAILABLE))).toEqual(shared);
    expect(lossOf(new Error('the server ended the session'))).toEqual(shared);
    expect(lossOf(endedBy('DRAINING'))).toEqual(shared);
    expect(lossOf(refused(ErrorReason.RATE_LIMITED, 700))).toEqual({ isError: false, retryAfterMs: 700 });
    expect(lossOf(endedBy('UNAVAILABLE', 500))).toEqual({ isError: false, retryAfterMs: 500 });
  });

  it('is one where it does not', () => {
    expect(lossOf(ended(codes.UNAUTHENTICATED)).isError).toBe(true);
    expect(lossOf(endedBy('PERMISSION_DENIED')).isError).toBe(true);
    expect(lossOf(refused(ErrorReason.INVALID_CURSOR)).isError).toBe(true);
    expect(lossOf(refused(ErrorReason.UNSPECIFIED)).isError).toBe(true);
  });
});
