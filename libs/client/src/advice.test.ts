import { type Reason, REASONS } from '@syncline/core';
import { type AdviceName, REASON_TABLE } from '@syncline/wire';
import { REFUSAL_ACTIONS, type RefusalAction } from './retry';

/** What a device does that knows no more of a reason than its advice. */
const ACTION_OF_ADVICE: Readonly<Record<AdviceName, RefusalAction>> = {
  RETRY: 'wait',
  CORRECT: 'shrink',
  AUTHENTICATE: 'token',
  START_OVER: 'start-over',
  RENUMBER: 'renumber',
  UPGRADE: 'stop',
  RECONNECT: 'reconnect',
  STOP: 'stop',
};

/** Reasons of which a device knows more than their advice says, each with what it does instead and why. */
const EXCEPTIONS: Partial<Record<Reason, readonly [RefusalAction, string]>> = {
  INVALID_SCOPE: ['stop', 'only the application can choose another scope'],
  EPOCH_CHANGED: ['start-over', 'the subscription anew brings the number from which to renumber'],
  WRONG_ORDER: ['reconnect', 'a new session begins in the right order'],
  WRONG_MODE: ['stop', 'only the application can choose another mode'],
  UNKNOWN_MESSAGE: ['tell', 'the rest of the session goes on without it'],
  NOT_SUBSCRIBED: ['subscribe', 'what has to change is known: subscribe first'],
  ALREADY_SUBSCRIBED: ['subscribe', 'what has to change is known: unsubscribe first'],
  CAPABILITY_REQUIRED: ['tell', 'the rest of the session goes on without it'],
  CHANGE_NUMBER_GAP: ['renumber', 'what has to change is known: the number'],
  CHANGE_NUMBER_REUSED: ['shrink', 'it is about one change of the push, which has to be found'],
  SCHEMA_MISMATCH: ['shrink', 'it is about one change of the push, which has to be found'],
  POLICY_INVALID: ['tell', 'no message of a session is refused for it'],
  CHANGED_MEANWHILE: ['wait', 'the same push is decided on what stands then'],
  VERSION_NOT_FOUND: ['shrink', 'it is about one change of the push, which has to be found'],
  TOO_MANY_SUBSCRIPTIONS: ['stop', 'only the application can choose which space to leave'],
  QUOTA_EXCEEDED: ['wait', 'reading goes on, and room that was freed is found without a person'],
  UNAUTHENTICATED: ['stop', 'the token source would give the same again: a person has to sign in'],
  DEVICE_NOT_FOUND: ['stop', 'there is nothing in the request that could be changed'],
  PAIRING_CODE_INVALID: ['stop', 'only a person can give another code'],
  MEMBER_NOT_FOUND: ['stop', 'there is nothing in the request that could be changed'],
  KEY_NOT_FOUND: ['tell', 'no change of the device is at fault'],
  ARTIFACT_NOT_FOUND: ['tell', 'no change of the device is at fault'],
  ARTIFACT_TOO_LARGE: ['tell', 'no change of the device is at fault'],
  ARTIFACT_INCOMPLETE: ['tell', 'no change of the device is at fault'],
  ARTIFACT_IN_USE: ['tell', 'no change of the device is at fault'],
};

describe('the action on a reason', () => {
  test.each(Object.keys(REASONS) as Reason[])(
    '%s is that of its advice, or an exception that says why',
    (reason) => {
      const [action, why] = EXCEPTIONS[reason] ?? [ACTION_OF_ADVICE[REASON_TABLE[reason].advice], null];
      expect(REFUSAL_ACTIONS[reason]).toBe(action);
      expect(why).not.toBe('');
    },
  );

  test('is no exception where the advice alone would do', () => {
    const needless = (Object.keys(EXCEPTIONS) as Reason[]).filter(
      (reason) => EXCEPTIONS[reason]![0] === ACTION_OF_ADVICE[REASON_TABLE[reason].advice],
    );
    expect(needless).toEqual([]);
  });
});
