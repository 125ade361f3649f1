import { REASONS } from '@syncline/core';
import { ErrorReason } from '@syncline/proto';

describe('error reasons', () => {
  test('the rules and the protocol know the same ones', () => {
    const declared = Object.keys(ErrorReason).filter((name) => name !== 'UNSPECIFIED');
    expect(Object.keys(REASONS).sort()).toEqual(declared.sort());
  });
});
