import { Metadata } from '@grpc/grpc-js';
import { refusal } from '@syncline/core';
import { refusalOfCall, refusedCall } from './grpc';

test('a refusal comes whole out of the end of the call that it ended', () => {
  const told = refusal('CHANGE_NUMBER_GAP', { facts: { expected: '4' }, retryAfterMs: 70 });
  const { code, details, metadata } = refusedCall(told);
  expect(refusalOfCall({ code: code!, details: details!, metadata })).toEqual(told);
});

test('an end without details is none of ours', () => {
  expect(refusalOfCall({ code: 14, details: 'connection lost', metadata: new Metadata() })).toBeNull();
});
